"""Using the pages: by keyboard, without script, and from a file to its attack paths."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.toy.office import LOGBOOK
from tests.web import world as worlds

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PATH = f"/paths/{worlds.CHAIN}/"
STUDIED = ("/paths/choke-points/", "/paths/changes/", "/weights/")
STOPS = """[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter(each => each.checkVisibility() && each.tabIndex >= 0).length"""
RING = """() => {
  const at = document.activeElement;
  if (at === document.body) return 'end';
  const shape = at.querySelector?.('.p-box, .p-pill');
  const ringed = [at, at.closest('.kpi'), at.closest('form')?.querySelector('.drop')]
    .some(each => each && getComputedStyle(each).outlineStyle !== 'none');
  const heavy = shape && parseFloat(getComputedStyle(shape).strokeWidth) >= 3;
  return ringed || heavy ? '' : at.outerHTML.slice(0, 120);
}"""


@pytest.mark.parametrize("address", ["/", "/paths/", PATH, "/connections/import/", "/explain/", *STUDIED])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(looker, address):
    with looker.at(address, "alice") as view:
        view.page.keyboard.press("Tab")
        assert view.page.evaluate("document.activeElement.className") == "skip-link"
        for _ in range(view.page.evaluate(STOPS) + 20):  # a date field has several stops of its own
            where = view.page.evaluate(RING)
            if where == "end":
                return
            assert where == ""
            view.page.keyboard.press("Tab")
        pytest.fail("the focus never leaves the page: there is a trap")


def test_the_skip_link_leads_past_the_navigation(looker):
    with looker.at("/paths/", "alice") as view:
        view.page.keyboard.press("Tab")
        view.page.keyboard.press("Enter")
        assert view.page.evaluate("document.activeElement.id") == "main"


def test_single_keys_search_and_help_and_can_be_switched_off(looker):
    with looker.at("/", "alice") as view:
        page = view.page
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "search"
        page.keyboard.type("?/")
        assert page.locator("#search").input_value() == "?/"
        page.keyboard.press("Tab")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.locator("[data-shortcuts]").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_hidden()


def test_arrow_keys_walk_the_picture_and_enter_opens_the_evidence(looker):
    with looker.at(PATH, "alice") as view:
        page = view.page
        assert page.locator("[data-picture] a[tabindex='0']").count() == 1
        page.locator("[data-picture] a[tabindex='0']").focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("2 can use: ci-deployer")
        page.keyboard.press("Enter")
        expect(page.locator("details[data-hop='2']")).to_have_attribute("open", "")
        assert page.evaluate("document.activeElement.matches('details[data-hop=\"2\"] > summary')")
        assert page.locator("[data-picture] .p-on").first.get_attribute("data-hop") == "2"
        page.keyboard.press("e")
        assert page.locator("[data-hops] details:not([open])").count() == 0


def test_j_and_k_go_through_the_ranking(looker):
    with looker.at(PATH, "alice") as view:
        view.page.keyboard.press("k")
        view.page.wait_for_url(f"**/{worlds.FIRST}/")
        view.page.keyboard.press("j")
        view.page.wait_for_url(f"**/{worlds.CHAIN}/")


def test_a_filter_changes_list_and_address_and_moves_the_focus_to_the_result(looker):
    with looker.at("/paths/", "alice") as view:
        page = view.page
        page.get_by_text("Harm", exact=True).first.click()
        page.get_by_label("Replace model").check()
        page.locator("details[open] .menu-panel button").click()
        expect(page.locator("#status")).to_have_text("1 path")
        expect(page).to_have_url(re.compile("harm=replace_model"))
        assert page.evaluate("document.activeElement.id") == "list-title"
        page.get_by_label("Remove filter: Replace model").click()
        expect(page.locator("[data-announce]")).to_have_attribute("data-announce", re.compile("^[4-9]|..+ paths"))
        assert view.problems == view.violations() == []


def test_grouping_applies_at_once_and_back_brings_the_old_list(looker):
    with looker.at("/paths/", "alice") as view:
        view.page.get_by_label("Group by").select_option("none")
        expect(view.page).to_have_url(re.compile("group=none"))
        assert view.page.locator("[scope=rowgroup]").count() == 0
        view.page.go_back()
        expect(view.page.locator("[scope=rowgroup]").first).to_be_visible()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/", "Most dangerous paths"),
        ("/paths/?harm=replace_model", "Any workflow of the organization can replace"),
        (PATH, "The caller chooses it, so it protects nothing"),
        ("/connections/import/", "Name of a new connection"),
        ("/explain/", "May this identity do this?"),
    ],
)
def test_without_script_a_page_reads_and_its_forms_work(looker, address, words):
    with looker.at(address, "alice", java_script_enabled=False) as view:
        assert view.page.locator("h1").is_visible()
        assert words in view.page.locator("main").inner_text()
        assert view.page.locator(".needs-script:visible").count() == 0


def test_without_script_filters_and_upload_work_too(looker):
    with looker.at("/paths/", "alice", java_script_enabled=False) as view:
        view.page.locator("#text").fill("fraud")
        view.page.get_by_role("button", name="Apply").last.click()
        assert "q=fraud" in view.page.url
        view.page.goto("/connections/import/")
        view.page.locator("input[type=file]").set_input_files(
            {"name": "no-script.json", "mimeType": "application/json", "buffer": b"[]"}
        )
        view.page.get_by_role("button", name="Import", exact=True).click()
        assert "/scans/" in view.page.url
        for _ in range(120):  # without script somebody looks again by hand
            if "Import again" in view.page.locator("main").inner_text():
                break
            view.page.wait_for_timeout(500)
            view.page.reload()
        assert "Import again" in view.page.locator("main").inner_text()


def test_signing_in_and_out_by_hand(looker):
    with looker.at("/paths/") as view:
        page = view.page
        page.get_by_label("User name").fill("bob")
        page.get_by_label("Password").fill("the password of bob")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/paths/")
        page.locator(".user summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in/**")


def test_a_newcomer_goes_from_a_file_to_attack_paths_and_to_a_decision_replayed(bare):
    with bare.at("/", "alice") as view:
        page = view.page
        page.get_by_role("link", name="Import files").click()
        page.locator("input[type=file]").set_input_files(LOGBOOK)
        expect(page.locator("[data-chosen]")).to_have_text(LOGBOOK.name)
        page.get_by_role("button", name="Import", exact=True).click()
        page.wait_for_url("**/scans/*/")
        expect(page.locator(".stages li")).to_have_count(6)
        expect(page.locator("#scan")).to_contain_text("What is published stays")
        page.get_by_role("link", name="See the attack paths").click(timeout=30_000)
        page.wait_for_url("**/paths/")
        expect(page.locator("[data-announce]")).to_have_attribute("data-announce", re.compile(r"^[1-9]\d* paths?$"))
        page.locator("tbody th[scope=row] a").first.click()
        expect(page.locator("[data-hops] > li").first).to_be_visible()
        page.locator("details[open] >> text=Replay this decision").first.click()
        expect(page.locator("#answer h2")).to_have_text(re.compile("^The answer"), timeout=20_000)
        assert page.locator("#answer .sentences li").count() >= 1
        assert view.problems == view.violations() == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_list_is_sorted_by_a_click_on_the_head_of_a_column_however_narrow(looker, width):
    with looker.at("/identities/", "alice", "light", width) as view:
        view.page.get_by_role("link", name="Name", exact=True).click()
        view.page.wait_for_url("**/identities/?category=identity&sort=name")
        assert view.page.locator("th[aria-sort=ascending]").inner_text().strip() == "Name"
        view.page.get_by_role("link", name="Paths", exact=True).click()
        view.page.wait_for_url("**/identities/?category=identity")
        assert view.page.locator("th[aria-sort=descending]").inner_text().strip() == "Paths"
        counts = view.page.locator("td[data-label=Paths]").all_inner_texts()
        numbers = [int(re.search(r"\d+", each)[0]) for each in counts]
        assert numbers == sorted(numbers, reverse=True)
        assert numbers[0] > 0


def test_two_graphs_are_chosen_and_compared_and_the_page_says_when_it_is_over(looker):
    with looker.at("/paths/changes/", "alice") as view:
        page = view.page
        page.locator("#old").select_option(worlds.GRAPH.id[:16])
        page.locator("#new").select_option(worlds.OLDER[:16])
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text("Not compared yet")).to_be_visible()
        page.get_by_role("button", name="Compare them").click()
        expect(page.get_by_text("The comparison failed")).to_be_visible(
            timeout=20_000
        )  # no snapshot was ever kept here
        assert view.violations() == []


def test_a_number_of_a_choke_point_opens_its_paths(looker):
    with looker.at("/paths/choke-points/", "alice", "dark", 380) as view:
        view.page.get_by_role("link", name="2 paths gone without").click()
        expect(view.page.get_by_text("Gone without a choke point")).to_be_visible()
        assert view.page.locator("tbody tr th[scope=row]").count() == 2
        assert view.overflow() <= 0
