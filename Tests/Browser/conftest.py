"""What every browser test stands on: a real Chromium, the address and accounts of a running Haiju, two window sizes.

HAIJU_URL             address of the program, without a slash at the end
HAIJU_ACCOUNTS_FILE   lines `role<TAB>account<TAB>password`
HAIJU_SCREENSHOTS     folder for pictures; a temporary one when not set
HAIJU_CHROMIUM        the browser, /usr/bin/chromium when not set

A missing server, account or browser is a failure, never a skip.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def _setting(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set", pytrace=False)
    return value


@pytest.fixture(scope="session")
def base_url() -> str:
    return _setting("HAIJU_URL").rstrip("/")


@pytest.fixture(scope="session")
def accounts() -> dict[str, list[tuple[str, str]]]:
    """Account name and password by role; several accounts of a role in the file's order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in Path(_setting("HAIJU_ACCOUNTS_FILE")).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            role, account, password = line.split("\t")
            found.setdefault(role, []).append((account, password))
    assert found, "the accounts file is empty"
    return found


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("HAIJU_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Chromium's sandbox does not work for root, and only then is it given up.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=os.environ.get("HAIJU_CHROMIUM", "/usr/bin/chromium"), args=arguments
        )
        yield chromium
        chromium.close()


def _context(browser: Browser, base_url: str, phone: bool) -> BrowserContext:
    return browser.new_context(
        base_url=base_url,
        viewport=PHONE if phone else DESKTOP,
        is_mobile=phone,
        has_touch=phone,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )


def _page(browser: Browser, base_url: str, phone: bool, request: pytest.FixtureRequest, folder: Path) -> Iterator[Page]:
    context = _context(browser, base_url, phone)
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    report = getattr(request.node, "call_report", None)
    if report is not None and report.failed:
        page.screenshot(path=folder / f"failed-{re.sub(r'[^0-9A-Za-z]+', '-', request.node.name)}.png", full_page=True)
    context.close()
    assert not errors, f"errors in the page's scripts: {errors}"


@pytest.fixture
def page(browser: Browser, base_url: str, request: pytest.FixtureRequest, screenshots: Path) -> Iterator[Page]:
    """A fresh visitor at a desk, 1440×900."""
    yield from _page(browser, base_url, False, request, screenshots)


@pytest.fixture
def phone(browser: Browser, base_url: str, request: pytest.FixtureRequest, screenshots: Path) -> Iterator[Page]:
    """A fresh visitor with a phone, 390×844."""
    yield from _page(browser, base_url, True, request, screenshots)


@pytest.fixture
def visitor(browser: Browser, base_url: str) -> Iterator:
    """Makes further signed-out visitors, for journeys of several people: `visitor()` or `visitor(phone=True)`."""
    contexts: list[BrowserContext] = []

    def make(phone: bool = False) -> Page:
        context = _context(browser, base_url, phone)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    # Keeps the outcome where the page fixtures find it, for a picture of a failure.
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.call_report = report
