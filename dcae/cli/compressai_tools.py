"""`dcae compressai`: our weights in CompressAI's tools."""

from pathlib import Path
from typing import Annotated

import typer

from dcae.cli.weights import legal_lmbda
from dcae.codec.catalogue import NAME_HELP, open_codec

compressai_commands = typer.Typer(no_args_is_help=True)
"""The commands below `dcae compressai`."""

_HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@compressai_commands.callback()
def about() -> None:
    """Let CompressAI's tools run on our weights."""


@compressai_commands.command("export")
def export_state(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT.pth.tar", help="The state dict.")],
    model: Annotated[str, typer.Option(help=NAME_HELP)] = "small",
    lmbda: Annotated[float | None, typer.Option(help="The trade-off; default as of `dcae encode`.")] = None,
) -> None:
    """Write weights at one lambda as a state dict that CompressAI's tools read."""
    from dcae.codec.fixed_lmbda import FixedLmbdaCodec
    from dcae.compressai_bridge import export

    codec = open_codec(model)
    lmbda = legal_lmbda(codec, lmbda)
    if isinstance(codec, FixedLmbdaCodec):
        codec, lmbda = codec.codec_of(lmbda), None
    export(codec.model, lmbda, out)
    typer.echo(f"{model}{'' if lmbda is None else f' at lambda {lmbda:g}'} -> {out}: {out.stat().st_size} bytes")


@compressai_commands.command("eval", context_settings=_HANDED_ON)
def evaluate_there(context: typer.Context) -> None:
    """Run CompressAI's eval_model with our network in its zoo; all arguments are its own (--help shows them)."""
    from dcae.compressai_bridge import eval_model

    eval_model(context.args)
