"""
`python -m benchmarks.naive`: the shop as it would be if stock Strawberry ran every operation.

Schema, resolvers, batch loaders, policy, limits and databases are the product's own, and so is what it keeps of a
document once it was parsed and validated; without that it would be slower still. No plan is made of any operation.
"""

import os

import uvicorn
from starlette.applications import Starlette

from server import app, logs, serving
from server import settings as settings_module
from server.settings import Settings


def create(settings: Settings) -> Starlette:
    """Make the application that makes no plans."""
    return app.create(settings, is_planning=False)


def main() -> None:
    """Serve until told to stop, with one worker."""
    settings = settings_module.read(os.environ)
    logs.configure()
    uvicorn.Server(serving.configuration(settings, application=lambda: create(settings))).run()


if __name__ == "__main__":
    main()
