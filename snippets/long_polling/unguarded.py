"""A client that the first error of `on_news` ends."""


async def follow_unguarded(board, jobs, on_news):
    """Await `on_news` for each job that has changed, until it fails."""
    known = dict.fromkeys(jobs)  # no snapshot of any
    while True:
        news = await board.listen.remote(known)
        for job, (snapshot, state) in news.items():
            known[job] = snapshot
            await on_news(job, state)
