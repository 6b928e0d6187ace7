"""Between two awaits a method is alone; across one it is not."""

import asyncio

import ray


@ray.remote
class Account:
    """Counts deposits in three ways, of which one loses some."""

    def __init__(self):
        self.balance = 0
        self.lock = asyncio.Lock()

    async def deposit(self):
        balance = self.balance
        self.balance = balance + 1

    async def deposit_across_await(self):
        balance = self.balance
        await asyncio.sleep(0.1)  # the others read the same balance
        self.balance = balance + 1

    async def deposit_with_lock(self):
        async with self.lock:
            balance = self.balance
            await asyncio.sleep(0.1)  # the others wait for the lock
            self.balance = balance + 1

    async def get_balance(self):
        return self.balance


def deposit_ten_times(method):
    """Start ten deposits at once; return the balance afterwards."""
    account = Account.remote()
    ray.get([getattr(account, method).remote() for _ in range(10)])
    return ray.get(account.get_balance.remote())


def main():
    for method in (
        "deposit",
        "deposit_across_await",
        "deposit_with_lock",
    ):
        balance = deposit_ten_times(method)
        print(f"{method}: 10 deposits, balance {balance}")


if __name__ == "__main__":
    main()
