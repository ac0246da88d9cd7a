"""The kernels of a demo's visitors: so many and no more.

Named in Voila's configuration. Knows Jupyter's server. Does not know what runs in a kernel.
"""

import os
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError

VISITORS_VARIABLE = "DCAE_VISITORS"
"""Environment variable: how many kernels there may be."""


class VisitorKernels(AsyncMappingKernelManager):
    """Starts no kernel beyond the limit: memory stays bounded, whoever comes.

    Raises:
        HTTPError: 503, there are as many visitors as may be.
    """

    async def start_kernel(self, **arguments: Any) -> str:  # type: ignore[override]  # as of its own class
        """A kernel for a visitor, or for one who is to come."""
        most = int(os.environ[VISITORS_VARIABLE])
        if len(self) >= most:
            raise HTTPError(503, f"{most} visitors are here, as many as may be. Come again in a few minutes.")
        return await super().start_kernel(**arguments)
