"use strict";
// The page of the spot check: shows one document, sends each decision, and goes on once it is on the server's disk.
// The place is in the address (#language,reviewer,position), so that a reload comes back to it.

const WORDS = {
  title: ["Spot check", "人工抽检"], other_language: ["中文", "English"], help: ["Keys", "按键"], reviewer: ["Reviewer", "抽检人"],
  progress: ["Progress", "进度"], text: ["Text", "正文"], pass: ["Pass", "合格"], fail: ["Fail", "不合格"], unsure: ["Unsure", "存疑"],
  back: ["Back", "上一条"], forward: ["Next", "下一条"], open: ["Next open", "下一条未检"], undo: ["Undo", "撤销"], close: ["Close", "关闭"],
  why: ["Why does it fail?", "不合格的原因"],
  why_keys: ["Arrow keys and Enter; or the number of the group and the letter: 1 f is A1.f. Enter at once: no reason given. Esc: back.",
    "用方向键和回车选择；也可依次按组号和字母，如 1 f 即 A1.f。直接按回车：不注明原因。Esc：返回。"],
  none: ["no reason given", "不注明原因"],
  rule: ["A document passes if nothing in it is against the law or falls under the 31 risks of GB/T 45654, annex A. Each reviewer decides alone; the second one begins at the end of the sample. A document that one of two fails, fails.",
    "文档不含违法不良信息、不涉及 GB/T 45654 附录 A 的 31 类风险，即为合格。两位抽检人各自独立判断，第二位从样本末尾开始；两人中有一人判为不合格，即为不合格。"],
  counts: ["{mine} of {all} decided by you · {any} by anybody · {open} open", "您已检 {mine} / {all} 条 · 合计已检 {any} 条 · 剩余 {open} 条"],
  place: ["Document {at} of {all}", "第 {at} / {all} 条"], facts: ["source {source} · language {language} · {chars} characters", "来源 {source} · 语言 {language} · {chars} 字符"],
  cut: ["Shown are the first {n} of {chars} characters.", "仅显示前 {n} 个字符，全文 {chars} 个字符。"],
  empty: ["There is nothing to judge in this sample.", "此样本没有需要检查的文档。"],
  done: ["You have decided on every document. Undo and Back still work.", "您已检完全部文档；仍可撤销或返回修改。"],
  lost: ["Not saved: the server did not answer. Is it still running? Nothing was changed.", "未保存：服务没有应答，请确认其仍在运行。未作任何更改。"],
  untitled: ["(no title)", "（无标题）"],
};
const KEYS = [["1", "pass"], ["2", "fail"], ["3", "unsure"], ["U", "undo"], ["← →", "moves"], ["N", "open"], ["R", "reviewer"], ["L", "languages"], ["Space", "scroll"], ["?", "help"]];
Object.assign(WORDS, { moves: ["Back, next", "上一条、下一条"], languages: ["English, Chinese", "中英文切换"], scroll: ["Scroll the text", "滚动正文"] });
const MARKS = { p: "pass", f: "fail", u: "unsure" };
const $ = id => document.getElementById(id);
const [tongue, who, where] = location.hash.slice(1).split(",");
let language = tongue === "zh" || (!tongue && navigator.language.startsWith("zh")) ? 1 : 0;
let reviewer = Number(who) || 0, at = Number(where) || 0;
let facts, state, item, busy = false, group = "";

const t = (key, values = {}) => WORDS[key][language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const number = n => n.toLocaleString("en");
const real = place => reviewer ? facts.items - 1 - place : place;  // the second reviewer begins at the end

async function call(name, body = {}) {
  const answer = await fetch(name, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ reviewer, ...body }) });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.json();
}

async function attempt(work) {
  if (busy) return;
  busy = true;
  try { await work(); $("alert").hidden = true; }
  catch { $("alert").textContent = t("lost"); $("alert").hidden = false; }
  finally { busy = false; document.body.dataset.ready = Number(document.body.dataset.ready || 0) + 1; }
}

function nextOpen(from) {
  for (let step = 0; step < facts.items; step++) {
    const place = (from + step) % facts.items;
    if (state.marks[real(place)] === ".") return place;
  }
  return -1;
}

async function show(place) {
  if (facts.items) {
    at = Math.max(0, Math.min(facts.items - 1, place));
    item = await call("item", { item: real(at) });
  }
  history.replaceState(null, "", `#${language ? "zh" : "en"},${reviewer},${at}`);
  draw();
  $("text").scrollTop = 0;
}

function draw() {
  document.documentElement.lang = language ? "zh" : "en";
  document.title = `${t("title")} · ${facts.dataset}`;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", t(e.dataset.label));
  $("dataset").textContent = facts.dataset;
  $("reviewers").replaceChildren(...facts.reviewers.map((name, i) => {
    const e = document.createElement("button");
    e.type = "button"; e.setAttribute("role", "radio"); e.setAttribute("aria-checked", String(i === reviewer));
    e.textContent = name; e.addEventListener("click", () => change(i));
    return e;
  }));
  const mine = facts.items - (state.marks.match(/\./g) || []).length;
  $("bar").max = Math.max(1, facts.items); $("bar").value = mine;
  $("counts").textContent = t("counts", { mine: number(mine), all: number(facts.items), any: number(state.anybody), open: number(facts.items - mine) });
  $("document").hidden = !item;
  $("message").hidden = Boolean(facts.items) && mine < facts.items;
  $("message").textContent = t(facts.items ? "done" : "empty");
  for (const id of ["pass", "fail", "unsure", "back", "forward", "open", "undo"]) $(id).disabled = !facts.items;
  if (item) drawItem();
}

function drawItem() {
  const mark = state.marks[real(at)];
  $("place").textContent = t("place", { at: number(at + 1), all: number(facts.items) });
  $("mark").className = `mark ${mark}`;
  $("mark").textContent = mark === "." ? "" : t(MARKS[mark]) + (item.risk ? ` · ${item.risk}` : "");
  $("facts").textContent = t("facts", { source: item.source, language: item.language, chars: number(item.chars) });
  $("name").textContent = item.title || t("untitled");
  $("url").textContent = item.url;
  $("text").textContent = item.text;
  $("cut").hidden = !item.cut;
  $("cut").textContent = t("cut", { n: number([...item.text].length), chars: number(item.chars) });
  $("flags").hidden = !item.flags.length;
  $("flags").replaceChildren(...item.flags.map(flag => {
    const e = document.createElement("li");
    e.textContent = flag.detail ? `${flag.by}: ${flag.detail}` : flag.by;
    return e;
  }));
}

const decide = (verdict, risk = "") => attempt(async () => {
  if (!facts.items) return;
  state = await call("decide", { item: real(at), verdict, risk });
  const next = nextOpen(at + 1);
  await show(next < 0 ? at : next);
});
const undo = () => attempt(async () => {
  state = await call("undo");
  await show(state.item < 0 ? at : real(state.item));
});
const move = step => attempt(() => show(at + step));
const open = () => attempt(() => { const next = nextOpen(at + 1); return show(next < 0 ? at : next); });
const change = i => attempt(async () => {
  reviewer = i;
  state = await call("state");
  await show(Math.max(0, nextOpen(0)));
});
function translate() { language = 1 - language; $("why").close(); $("keys").close(); attempt(() => show(at)); }

function ask() {
  if (!facts.items) return;
  group = "";
  const options = [{ code: "", en: t("none"), zh: t("none") }, ...facts.risks];
  $("risks").replaceChildren(...options.map(risk => {
    const e = document.createElement("button");
    e.type = "button"; e.dataset.code = risk.code;
    const code = document.createElement("b"), words = document.createElement("span");
    code.textContent = risk.code || "–"; words.textContent = language ? risk.zh : risk.en;
    e.append(code, words);
    e.addEventListener("click", () => { $("why").close(); decide("fail", risk.code); });
    return e;
  }));
  $("why").showModal();
  $("risks").firstChild.focus();
}

function explain() {
  $("key_list").replaceChildren(...KEYS.flatMap(([key, word]) => {
    const dt = document.createElement("dt"), dd = document.createElement("dd"), kbd = document.createElement("kbd");
    kbd.textContent = key; dt.append(kbd); dd.textContent = t(word);
    return [dt, dd];
  }));
  $("keys").showModal();
}

function chosen(event) {
  const list = [...$("risks").children], now = list.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); list[(now + step + list.length) % list.length].focus(); }
  else if (/^[1-5]$/.test(event.key)) { group = `A${event.key}.`; list.find(e => e.dataset.code.startsWith(group)).focus(); }
  else if (/^[a-i]$/i.test(event.key) && group) list.find(e => e.dataset.code === group + event.key.toLowerCase())?.click();
}

const ACTIONS = { 1: () => decide("pass"), 2: ask, 3: () => decide("unsure"), u: undo, arrowleft: () => move(-1), arrowright: () => move(1), n: open,
  r: () => change((reviewer + 1) % facts.reviewers.length), l: translate, "?": explain };

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if ($("why").open) { chosen(event); return; }
  if ($("keys").open) return;
  const key = event.key.toLowerCase();
  if (Object.hasOwn(ACTIONS, key)) { event.preventDefault(); ACTIONS[key](); }
  else if (event.key === " " && !(document.activeElement instanceof HTMLButtonElement)) {
    event.preventDefault();
    $("text").scrollBy(0, (event.shiftKey ? -0.9 : 0.9) * $("text").clientHeight);
  }
});
for (const [id, action] of Object.entries({ pass: ACTIONS[1], fail: ask, unsure: ACTIONS[3], undo, back: ACTIONS.arrowleft, forward: ACTIONS.arrowright, open,
  language: translate, help: explain, close: () => $("keys").close() })) $(id).addEventListener("click", action);

attempt(async () => {
  facts = await call("start");
  reviewer = Math.min(reviewer, facts.reviewers.length - 1);
  state = await call("state");
  await show(where === undefined ? Math.max(0, nextOpen(0)) : at);
});
