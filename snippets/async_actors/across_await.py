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
        await asyncio.sleep(0.05)  # the others read the same balance
        self.balance = balance + 1

    async def deposit_with_lock(self):
        async with self.lock:
            balance = self.balance
            await asyncio.sleep(0.05)  # the others wait for the lock
            self.balance = balance + 1

    async def get_balance(self):
        return self.balance


def deposit_ten_times(account, deposit):
    """Start ten deposits at once; return how many the balance kept."""
    before = ray.get(account.get_balance.remote())
    ray.get([deposit.remote() for _ in range(10)])
    return ray.get(account.get_balance.remote()) - before


def main():
    account = Account.remote()
    kept = deposit_ten_times(account, account.deposit)
    print(f"without an await: {kept} of 10 deposits kept")
    kept = deposit_ten_times(account, account.deposit_across_await)
    print(f"across an await: {kept} of 10 deposits kept")
    kept = deposit_ten_times(account, account.deposit_with_lock)
    print(f"with a lock: {kept} of 10 deposits kept")


if __name__ == "__main__":
    main()
