"""The journey of a talent, in the browser: from registration to a rated service and a health alert.

Each step is what a person would do; nothing is prepared behind the pages' back. Accounts of staff come from HAIJU_ACCOUNTS_FILE.
"""

import math
import time
from pathlib import Path

import pytest
from accessibility import faults, invisible_focus
from identity import identity_number, phone_number, with_wrong_check
from playwright.sync_api import Page, expect

PASSWORD = "Sea-gather-2026"
# Different in every run, so that the same stack can be tested again.
SERIAL = int(time.time()) % 4_000_000


def sign_in(page: Page, account: str, password: str) -> None:
    page.goto("/signin")
    page.get_by_label("登录名").fill(account)
    page.get_by_label("口令", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/signin" not in url)


def fill_registration(page: Page, serial: int, employer: str, identity: str) -> None:
    page.goto("/register")
    page.get_by_label("姓名").fill("周海宁")
    page.get_by_label("身份证号").fill(identity)
    page.get_by_label("手机号").fill(phone_number(serial))
    page.get_by_label("用人单位").select_option(label=employer)
    page.get_by_label("最高学历").select_option(label="博士")
    page.get_by_label("岗位").fill("算法工程师")
    page.get_by_label("登录名").fill(f"talent{serial}")
    page.get_by_label("口令", exact=True).fill(PASSWORD)


def officer_and_employer(visitor, accounts) -> tuple[Page, str]:
    """An officer's page and the option of the registration form that leads to this officer."""
    name, password = accounts["employer_officer"][0]
    desk = visitor()
    sign_in(desk, name, password)
    own = desk.locator(".place").inner_text()
    form = visitor()
    form.goto("/register")
    options = form.get_by_label("用人单位").locator("option").all_inner_texts()
    employer = next(option for option in options if option.startswith(own))
    return desk, employer


def heart_rates(minutes: int, peak: int) -> str:
    """A file of heart rates, one a minute, with a peak above the threshold where asked."""
    lines = ["time,value"]
    for minute in range(minutes):
        value = round(72 + 8 * math.sin(minute / 7))
        if minute == minutes // 2:
            value = peak
        lines.append(f"2026-11-01T{minute // 60:02d}:{minute % 60:02d}:00+08:00,{value}")
    return "\n".join(lines) + "\n"


def looks_right(page: Page) -> None:
    assert faults(page) == []
    # A phone's browser widens its window to what overflows, so the width asked for is what counts.
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"] + 1


def shot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def test_whole_journey(page: Page, visitor, accounts, screenshots: Path, tmp_path: Path) -> None:
    serial = SERIAL
    desk, employer = officer_and_employer(visitor, accounts)

    # A wrong check digit is told in words, and what was typed stays.
    identity = identity_number(serial)
    fill_registration(page, serial, employer, with_wrong_check(identity))
    page.get_by_role("button", name="提交注册").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#identityNumber-error")).to_contain_text("身份证号最后一位不对")
    expect(page.get_by_label("姓名")).to_have_value("周海宁")
    looks_right(page)
    shot(page, screenshots, "register-wrong")
    page.get_by_label("身份证号").fill(identity)
    page.get_by_label("口令", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="提交注册").click()
    page.wait_for_url("**/me")
    expect(page.locator(".head .pill")).to_contain_text("待单位审核")
    looks_right(page)
    shot(page, screenshots, "me-waiting")

    # The employer's officer approves.
    find_in_queue(desk, "周海宁")
    looks_right(desk)
    shot(desk, screenshots, "desk-officer")
    desk.get_by_role("button", name="通过").click()
    expect(desk.get_by_role("status").first).to_contain_text("转主管部门审核")

    # A department's reviewer, who is another person, approves; the rule certifies.
    reviewer = visitor()
    sign_in(reviewer, *accounts["reviewer"][0])
    find_in_queue(reviewer, "周海宁")
    looks_right(reviewer)
    shot(reviewer, screenshots, "desk-reviewer")
    reviewer.get_by_role("button", name="通过").click()
    expect(reviewer.get_by_role("status").first).to_contain_text("人才码已发放")

    page.goto("/me")
    expect(page.locator(".talent-code")).to_contain_text("HJ")
    looks_right(page)
    shot(page, screenshots, "me-certified")

    # The number is masked until asked for.
    assert identity not in page.content()
    page.get_by_role("button", name="显示完整号码").first.click()
    expect(page.locator(".facts")).to_contain_text(identity)

    page.goto("/me/dossier")
    for text in ("身份信息", "工作信息", "人才认定", "本人填报"):
        expect(page.locator("main")).to_contain_text(text)
    looks_right(page)
    shot(page, screenshots, "dossier")

    # All sixty services, with the reason for each; two characters find one.
    page.goto("/services")
    expect(page.locator("main")).to_contain_text("共 60 项")
    assert page.locator(".row .why").count() == 60
    looks_right(page)
    shot(page, screenshots, "services")
    page.get_by_role("searchbox").fill("牌照")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name="新能源牌照").first.click()
    expect(page.locator(".eligible")).to_contain_text("可以享受，因为")
    looks_right(page)
    shot(page, screenshots, "service")

    page.get_by_role("link", name="申请", exact=True).click()
    fill_application(page)
    looks_right(page)
    shot(page, screenshots, "apply")
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_url("**/cases/*")
    expect(page.locator(".head .pill")).to_contain_text("待受理")
    case = page.url

    clerk = visitor()
    sign_in(clerk, *next(pair for pair in accounts["window_clerk"] if "city" in pair[0]))
    find_in_queue(clerk, case.rsplit("/", 1)[1], by_link=True)
    shot(clerk, screenshots, "desk-clerk")
    looks_right(clerk)
    clerk.get_by_role("button", name="受理").click()
    clerk.get_by_label("意见或办理结果").fill("牌照额度已发放，请凭查询码到窗口领取。")
    clerk.get_by_role("button", name="办结").click()
    expect(clerk.get_by_role("status").first).to_contain_text("已办结")

    page.goto(case)
    expect(page.locator(".timeline li")).to_have_count(3)
    page.get_by_label("非常满意").check()
    page.get_by_label("评语").fill("很快")
    looks_right(page)
    shot(page, screenshots, "case-done")
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("main")).to_contain_text("（5 / 5）")
    expect(page.locator(".timeline li")).to_have_count(4)

    # A blood pressure over its threshold raises one alert.
    page.goto("/care")
    page.get_by_role("textbox", name="收缩压").fill("168")
    page.get_by_role("textbox", name="舒张压").fill("96")
    page.get_by_role("button", name="保存读数").click()
    expect(page.get_by_role("status").first).to_contain_text("预警")
    expect(page.locator("svg.chart.broad")).to_be_visible()

    file = tmp_path / "heart-rate.csv"
    file.write_text(heart_rates(180, peak=96), encoding="utf-8")
    page.get_by_label("文件里是什么").select_option(label="心率")
    page.get_by_label("读数文件").set_input_files(file)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("status").first).to_contain_text("新存入 180 条")
    expect(page.locator("svg.chart.broad")).to_be_visible()
    looks_right(page)
    shot(page, screenshots, "care")
    # Once more changes nothing.
    page.get_by_label("文件里是什么").select_option(label="心率")
    page.get_by_label("读数文件").set_input_files(file)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("status").first).to_contain_text("新存入 0 条")

    page.goto("/me/inbox")
    assert page.locator(".row .pill.attention").count() == 1
    looks_right(page)
    shot(page, screenshots, "inbox")


def fill_application(page: Page) -> None:
    """Fills every field of an application with something that fits its kind."""
    for field in page.locator("form.form input:not([type=hidden]), form.form select, form.form textarea").all():
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(index=1)
        elif field.get_attribute("type") == "date":
            field.fill("2026-11-20")
        elif field.get_attribute("inputmode"):
            field.fill("2")
        else:
            field.fill("海豚 EV")


def find_in_queue(page: Page, text: str, by_link: bool = False) -> None:
    """Opens a case of the queue, going through its pages as the clerk would."""
    page.goto("/desk")
    for _ in range(40):
        found = page.locator(f'.list a[href*="{text}"]') if by_link else page.locator(".list a", has_text=text)
        if found.count():
            found.last.click()
            # Else a quick press on a button could still hit the case that was open before.
            page.wait_for_url("**/desk?case=*")
            return
        page.get_by_role("link", name="下一页").click()
    pytest.fail("the case is in no page of the queue")


@pytest.fixture(scope="session")
def talent(browser, base_url, accounts) -> tuple[str, str]:
    """A registered person whose account further tests use."""
    context = browser.new_context(base_url=base_url)
    page = context.new_page()
    serial = SERIAL + 4_000_000 // 2 + 7
    page.goto("/register")
    employer = page.get_by_label("用人单位").locator("option").nth(1).inner_text()
    fill_registration(page, serial, employer, identity_number(serial))
    page.get_by_role("button", name="提交注册").click()
    page.wait_for_url("**/me")
    context.close()
    return f"talent{serial}", PASSWORD


@pytest.mark.parametrize("path", ["/", "/services", "/signin", "/register", "/health", "/nowhere"])
def test_public_pages_on_both_sizes(page: Page, phone: Page, path: str, screenshots: Path) -> None:
    for window, size in ((page, "desktop"), (phone, "phone")):
        window.goto(path)
        looks_right(window)
        assert invisible_focus(window, steps=6) == []
        shot(window, screenshots, f"public-{path.strip('/') or 'home'}-{size}")


def test_pages_of_a_talent_on_a_phone(phone: Page, talent, screenshots: Path) -> None:
    sign_in(phone, *talent)
    for path in ("/", "/me", "/me/dossier", "/me/cases", "/me/inbox", "/care", "/services"):
        phone.goto(path)
        looks_right(phone)
        expect(phone.get_by_role("navigation", name="底部导航")).to_be_visible()
        shot(phone, screenshots, f"talent-{path.strip('/').replace('/', '-') or 'home'}-phone")


@pytest.mark.parametrize(
    "role", ["security_administrator", "audit_administrator", "system_administrator", "employer_officer", "window_clerk"]
)
def test_pages_of_staff(page: Page, phone: Page, accounts, role: str, screenshots: Path) -> None:
    for window, size in ((page, "desktop"), (phone, "phone")):
        sign_in(window, *accounts[role][0])
        window.goto("/")
        looks_right(window)
        shot(window, screenshots, f"staff-{role}-{size}")


def test_reading_and_plain_forms_work_without_scripts(browser, base_url, talent) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, *talent)
    page.goto("/care")
    page.get_by_role("textbox", name="心率").fill("71")
    page.get_by_role("button", name="保存读数").click()
    expect(page.get_by_role("status").first).to_contain_text("已记录")
    page.goto("/services?text=%E7%A7%9F%E6%88%BF")
    expect(page.get_by_role("link", name="租房补贴")).to_be_visible()
    context.close()


def test_registration_by_keyboard_alone_without_scripts(browser, base_url) -> None:
    """Tab, typing, arrows and Enter are enough, from the empty form to the own page."""
    serial = SERIAL + 11
    typed = {
        "name": "司徒海键",
        "identityNumber": identity_number(serial),
        "phone": phone_number(serial),
        "jobTitle": "工程师",
        "account": f"keys{serial}",
        "password": PASSWORD,
    }
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/register")
    for _ in range(60):
        page.keyboard.press("Tab")
        name, text = page.evaluate("[document.activeElement.name || '', document.activeElement.innerText || '']")
        if name in typed:
            page.keyboard.type(typed.pop(name))
        elif name == "employer":
            page.keyboard.press("ArrowDown")
        elif text == "提交注册":
            page.keyboard.press("Enter")
            break
    assert typed == {}
    page.wait_for_url("**/me")
    expect(page.locator(".head .pill")).to_contain_text("待单位审核")
    context.close()


def test_another_persons_case_is_not_found(page: Page, talent) -> None:
    sign_in(page, *talent)
    answer = page.goto("/cases/0193590c-0000-7000-8000-000000000001")
    assert answer is not None and answer.status == 404
    expect(page.locator("h1")).to_contain_text("没有找到")


def test_signing_out_ends_the_session(page: Page, talent) -> None:
    sign_in(page, *talent)
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("status").first).to_contain_text("已退出")
    page.goto("/me")
    assert "/signin?next=" in page.url
