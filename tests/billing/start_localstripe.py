"""localstripe on a port of the loopback interface: its own command listens on all of them."""

import sys

from aiohttp import web
from localstripe.server import app


@web.middleware
async def leave_out_expand(request, handler):
    """It refuses to expand `discounts`, which subscriptions of its API version of 2017 do not have."""
    names = [name for name in request.query if name.startswith("expand")]
    return await handler(request.clone(rel_url=request.rel_url.without_query_params(*names)))


app.middlewares.insert(0, leave_out_expand)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None)
