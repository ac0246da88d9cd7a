"""The numbered lessons, installed as the resource package ``dcae_notebooks``; `dcae lab` opens a copy of them."""
