"""The harness itself: the numbers it makes are valid, and its accessibility check finds what it must find."""

import accessibility
from identity import check_character, identity_number, with_wrong_check
from playwright.sync_api import Browser


def test_the_check_character_is_that_of_the_standard():
    # The worked example of GB 11643-1999.
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


def test_identity_numbers_are_valid_different_and_always_the_same():
    numbers = [identity_number(serial) for serial in range(50_000)]
    assert len(set(numbers)) == len(numbers)
    assert all(check_character(number[:17]) == number[17] for number in numbers)
    assert numbers == [identity_number(serial) for serial in range(50_000)]
    assert all(check_character(wrong[:17]) != wrong[17] for wrong in map(with_wrong_check, numbers[:100]))


def test_the_accessibility_check_finds_faults_and_passes_a_good_page(browser: Browser):
    page = browser.new_page()
    page.set_content(
        "<html><body><input><button></button><img src=x>"
        "<a href=# style='outline:none;color:#000;text-decoration:none'>x</a></body></html>"
    )
    found = " ".join(accessibility.faults(page))
    for fault in ("no label", "no name", "no alt", "no lang", "no title", "h1"):
        assert fault in found
    assert any("outline: none" in element for element in accessibility.invisible_focus(page))

    page.set_content(
        "<html lang=zh-CN><head><title>好</title></head><body><h1>好</h1>"
        "<label for=a>姓名</label><input id=a><button>提交</button><a href=#>返回</a></body></html>"
    )
    assert accessibility.faults(page) == []
    assert accessibility.invisible_focus(page) == []
    page.close()
