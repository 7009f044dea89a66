"""Reads with asyncpg or psycopg in a closed loop and prints one line of JSON: rate, p50, p99, cpu, errors.

Times are microseconds; cpu is this process's user and system time for each operation. Both drivers run on uvloop, with
a pool, prepared statements and binary results; psycopg commits each statement by itself, so that no BEGIN is sent.
"""

import argparse
import asyncio
import json
import random
import resource
import time

import uvloop

LIST_LENGTH = 50


class Asyncpg:
    POINT = "SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid = $1"
    LIST = "SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid BETWEEN $1 AND $1 + 49"

    async def open(self, uri, size):
        import asyncpg

        # Without a reset query on release: nothing is changed in a session here.
        async def no_reset(connection):
            return None

        self.pool = await asyncpg.create_pool(uri, min_size=size, max_size=size, reset=no_reset)

    async def point(self, key):
        row = await self.pool.fetchrow(self.POINT, key)
        return row["aid"] == key

    async def list(self, key):
        return len(await self.pool.fetch(self.LIST, key)) == LIST_LENGTH

    async def close(self):
        await self.pool.close()


class Psycopg:
    POINT = "SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid = %s"
    LIST = "SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid BETWEEN %s AND %s::int + 49"

    async def open(self, uri, size):
        from psycopg_pool import AsyncConnectionPool

        self.pool = AsyncConnectionPool(uri, min_size=size, max_size=size, open=False, kwargs={"autocommit": True})
        await self.pool.open(wait=True)

    async def point(self, key):
        async with self.pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(self.POINT, (key,), prepare=True)
            return (await cursor.fetchone())[0] == key

    async def list(self, key):
        async with self.pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(self.LIST, (key, key), prepare=True)
            return len(await cursor.fetchall()) == LIST_LENGTH

    async def close(self):
        await self.pool.close()


def cpu_seconds():
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


async def work(number, options, operation, begin, end, times):
    keys = random.Random(options.seed * 1_000_003 + number)
    last = options.rows - (LIST_LENGTH - 1 if options.reading == "list" else 0)
    errors = 0
    start = time.perf_counter()
    while start < end:
        if not await operation(keys.randint(1, last)):
            errors += 1
        now = time.perf_counter()
        if begin <= now < end:
            times.append(now - start)
        start = now
    return errors


async def main(options):
    driver = {"asyncpg": Asyncpg, "psycopg": Psycopg}[options.driver]()
    await driver.open(options.uri, options.pool)
    operation = getattr(driver, options.reading)
    begin = time.perf_counter() + min(0.3, options.seconds / 4)
    end = begin + options.seconds
    times = []

    async def spent():
        await asyncio.sleep(begin - time.perf_counter())
        before = cpu_seconds()
        await asyncio.sleep(end - time.perf_counter())
        return cpu_seconds() - before

    tasks = [work(number, options, operation, begin, end, times) for number in range(options.tasks)]
    cpu, *errors = await asyncio.gather(spent(), *tasks)
    await driver.close()
    times.sort()
    count = len(times)
    rows = LIST_LENGTH if options.reading == "list" else 1

    def percentile(percent):
        return int(times[min(count - 1, count * percent // 100)] * 1e6)

    figures = {
        "rate": count * rows / options.seconds,
        "p50": percentile(50),
        "p99": percentile(99),
        "cpu": cpu * 1e6 / count,
        "errors": sum(errors),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", choices=["asyncpg", "psycopg"], required=True)
    parser.add_argument("--reading", choices=["point", "list"], required=True)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--tasks", type=int, required=True)
    parser.add_argument("--pool", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    uvloop.run(main(parser.parse_args()))
