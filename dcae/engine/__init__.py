"""Codecs in a process of their own, for visitors whose processes hold neither torch nor weights."""
