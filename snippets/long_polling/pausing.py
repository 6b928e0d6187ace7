"""A client that pauses before it asks again."""

import asyncio


async def follow_with_pauses(board, jobs, on_news):
    """Ask whether a job has changed, twice a second."""
    known = dict.fromkeys(jobs)
    while True:
        news = await board.listen.remote(known)
        for job, (snapshot, state) in news.items():
            known[job] = snapshot
            await on_news(job, state)
        await asyncio.sleep(0.5)
