"""`dcae data`: pictures that are no part of the package, brought and checked."""

from pathlib import Path
from typing import Annotated

import typer

from dcae.kodak import KODAK_SHA256, KODAK_URL, download_kodak

data_commands = typer.Typer(no_args_is_help=True)
"""The commands below `dcae data`."""


@data_commands.callback()
def about() -> None:
    """Bring pictures that are no part of the package."""


@data_commands.command()
def kodak(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", envvar="DCAE_KODAK", help="Where they go; made if missing.")
    ] = Path("kodak"),
    url: Annotated[
        str, typer.Option(envvar="DCAE_KODAK_URL", help="Of a mirror: kodim01.png and so on lie behind it.")
    ] = KODAK_URL,
) -> None:
    """Download Kodak's 24 photos (15.4 MB), on which codecs are compared, and verify each by its SHA-256.

    What is there already is not downloaded again: after an error, run it once more. The photos are hosted at
    https://r0k.us/graphics/kodak/ and were released by Kodak for unrestricted use.
    """
    from tqdm import tqdm

    downloads = 0
    files = download_kodak(folder, url, KODAK_SHA256)
    for _, downloaded in tqdm(files, total=len(KODAK_SHA256), unit="file", disable=None, leave=False):
        downloads += downloaded
    typer.echo(f"{len(KODAK_SHA256)} photos in {folder}, each with its SHA-256; {downloads} of them downloaded now")
