// Everything works without this: it only saves reloading, and gives keys to those who like them.
"use strict";
(() => {
  const PAUSE = 1000, LONGEST = 8000;
  const $ = (id) => document.getElementById(id);
  const rows = $("rows"), help = $("help"), live = document.querySelector("[data-live]");

  // what is new, asked every second while somebody looks
  let pause = PAUSE, timer = 0, asking = false, stopped = false;
  function plan(after) { clearTimeout(timer); timer = setTimeout(ask, after); }
  async function ask() {
    if (asking || stopped || document.hidden) return;
    asking = true;
    try {
      const url = new URL(live.dataset.live, location.href);
      url.searchParams.set("after", live.dataset.latest);
      const answer = await fetch(url, { cache: "no-store", credentials: "same-origin" });
      pulse(answer.ok);
      if (answer.status === 200) show(await answer.json());
    } catch {
      pulse(false); // the server restarts, most likely
    }
    asking = false;
    plan(pause);
  }
  function pulse(here) {
    pause = here ? PAUSE : Math.min(pause * 2, LONGEST);
    const mark = $("pulse");
    if (!mark) return;
    mark.hidden = false;
    mark.textContent = here ? "live" : "waiting for the app";
    mark.classList.toggle("away", !here);
  }
  function show(news) {
    if (news.rows === undefined) return renew(news);
    live.dataset.latest = news.latest;
    const arrived = merge(news.rows);
    $("count").textContent = news.count;
    $("delete-all").hidden = news.count === 0;
    $("nothing").hidden = rows.children.length > 0;
    empty(news.count === 0);
    if (arrived.length) tell(arrived);
  }
  // A preview is loaded again, unless it is another one each time it is looked at.
  function renew(news) {
    if (news.steady) return location.reload();
    stopped = true;
    $("pulse").textContent = "changes with each look: reload to see";
    $("pulse").classList.add("away");
  }
  function tell(arrived) {
    const subject = arrived[0].querySelector(".subject").textContent.trim();
    const more = arrived.length > 1 ? `${arrived.length} new mails, the last: ` : "New mail: ";
    $("news").textContent = more + subject;
  }
  function empty(is) {
    document.body.classList.toggle("is-empty", is);
    if ($("empty")) { $("empty").hidden = !is; $("choose").hidden = is; }
  }

  // The rows that stay are kept as elements, so that focus and scroll stay too.
  function merge(html) {
    const fresh = new DOMParser().parseFromString(`<ol>${html}</ol>`, "text/html").querySelectorAll("li");
    const known = new Map([...rows.children].map((row) => [row.id, row]));
    const height = rows.scrollHeight, top = rows.scrollTop, arrived = [];
    let place = rows.firstElementChild;
    for (const wanted of fresh) {
      let row = known.get(wanted.id);
      known.delete(wanted.id);
      if (!row) {
        row = document.importNode(wanted, true);
        row.classList.add("new");
        arrived.push(row);
        rows.insertBefore(row, place);
      } else {
        update(row, wanted);
        while (place && place !== row && known.has(place.id) && !still(fresh, place.id)) place = drop(known, place);
        if (place === row) place = row.nextElementSibling;
        else rows.insertBefore(row, place);
      }
    }
    for (const gone of known.values()) leave(gone);
    if (top > 0) rows.scrollTop = top + (rows.scrollHeight - height);
    return arrived;
  }
  function still(fresh, id) { return [...fresh].some((row) => row.id === id); }
  function drop(known, row) {
    const next = row.nextElementSibling;
    known.delete(row.id);
    leave(row);
    return next;
  }
  function leave(row) {
    if (row.contains(document.activeElement)) {
      const other = row.nextElementSibling || row.previousElementSibling;
      if (other) other.querySelector("a").focus({ preventScroll: true });
    }
    row.remove();
  }
  function update(row, wanted) {
    const now = row.firstElementChild, then = wanted.firstElementChild;
    if (now.innerHTML !== then.innerHTML) now.replaceChildren(...document.importNode(then, true).childNodes);
    if (now.hasAttribute("aria-current")) status(then);
  }
  function status(row) {
    const chip = row.querySelector(".chip"), shown = $("status");
    if (shown) { shown.className = chip.className; shown.textContent = chip.textContent; }
  }

  // keys
  function step(by) {
    const links = [...rows.querySelectorAll("a.row")];
    const here = links.indexOf(document.activeElement);
    const current = links.findIndex((link) => link.hasAttribute("aria-current"));
    const from = here >= 0 ? here : current >= 0 ? current : by > 0 ? -1 : links.length;
    const next = links[Math.max(0, Math.min(links.length - 1, from + by))];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  }
  const KEYS = {
    j: () => rows && step(1),
    k: () => rows && step(-1),
    "/": () => { $("search").focus(); $("search").select(); },
    "?": () => help.open ? help.close() : help.showModal(),
  };
  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target.matches("input, textarea, select");
    if (typing) { if (event.key === "Escape") event.target.blur(); return; }
    const inList = rows && (rows.contains(event.target) || event.target === document.body);
    const arrow = inList && { ArrowDown: KEYS.j, ArrowUp: KEYS.k }[event.key];
    const act = arrow || (help.open && event.key !== "?" ? null : KEYS[event.key]);
    if (act) { event.preventDefault(); act(); }
  }

  // width, scheme and images without a new page
  function chosen(event) {
    const link = event.target.closest && event.target.closest("[data-choice]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    for (const other of link.parentElement.children) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    const now = {};
    for (const each of document.querySelectorAll('[data-choice][aria-current]')) now[each.dataset.choice] = each.dataset.value;
    apply(now, link.dataset.choice !== "width");
    remember(now);
  }
  function apply(now, reload) {
    const frame = $("body");
    frame.className = `${now.width} ${now.scheme}`;
    if (!reload) return;
    const url = new URL(frame.dataset.src, location.href);
    url.searchParams.set("images", now.images);
    url.searchParams.set("scheme", now.scheme);
    frame.contentWindow.location.replace(url);
  }
  function remember(now) {
    history.replaceState(null, "", withAll(location.href, now));
    for (const link of document.querySelectorAll("[data-choice]"))
      link.href = withAll(link.href, { ...now, [link.dataset.choice]: link.dataset.value });
    const next = { ...now, images: now.images === "remote" ? "on" : now.images };
    for (const link of document.querySelectorAll("a.row, .tabs a, .steps a")) link.href = withAll(link.href, next);
    if (live) live.dataset.live = withAll(live.dataset.live, next);
  }
  function withAll(href, values) {
    const url = new URL(href, location.href);
    for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
    return url.pathname + url.search;
  }

  document.addEventListener("keydown", pressed);
  document.addEventListener("click", chosen);
  for (const button of document.querySelectorAll("[data-help]")) {
    button.hidden = false;
    button.addEventListener("click", KEYS["?"]);
  }
  for (const current of document.querySelectorAll(".row[aria-current], .tabs [aria-current]"))
    current.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (rows) empty($("count").textContent === "0");
  if (live) {
    document.addEventListener("visibilitychange", () => { pause = PAUSE; plan(0); });
    plan(0);
  }
})();
