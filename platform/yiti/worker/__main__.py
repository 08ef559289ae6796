"""`python -m yiti.worker`."""

import asyncio

from yiti.worker import main

asyncio.run(main())
