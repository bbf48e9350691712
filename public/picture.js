// While a picture of the page is taken: hides the widget, marks two corners so that the panel knows the page in the picture, and says where the
// page's private parts are. Fetched by public/embed.js when somebody presses "Take a screenshot", and by nothing else. docs/decisions/0027.

/** What a picture of the page must not show, whatever the page says or does not say. */
const PRIVATE = ["[data-cornerdesk-mask]", "input[type=password]", ...["cc-", "password", "one-time-code"].map((word) => `[autocomplete*="${word}" i]`), ...["cvc", "cvv", "cardnumber", "card-number", "card_number"].map((word) => `input[name*="${word}" i]`)].join();
/** Nobody can see from outside what another origin shows in its frame: it may be the card number. */
const FRAMES = "iframe,frame,object,embed,fencedframe";
const SPARED = '[data-cornerdesk-mask="off"]';
/** In CSS pixels; what is smaller shows nothing. */
const FRAME_LEAST = 8;
/** A panel that has not said by then that the picture is taken never will. */
const HIDDEN_MOST_MS = 10_000;
/** Side of a mark, in CSS pixels. */
const MARK = 16;

const LOOKS = `
:host([data-picture]) :is(button,dialog){visibility:hidden!important}
:host([data-picture]) dialog::backdrop{display:none}
.marks{visibility:visible;position:fixed;inset:0;width:auto;height:auto;margin:0;padding:0;border:0;pointer-events:none;background:linear-gradient(#f0f 0 0) 0 0/${MARK}px ${MARK}px no-repeat,linear-gradient(#0f0 0 0) 100% 100%/${MARK}px ${MARK}px no-repeat}
.marks:not(:popover-open){display:none}
.marks[data-plain]{background:none}
.marks[data-tick]::after{content:"";position:absolute;inset:0 auto auto 0;width:1px;height:1px;background:#00000003}
:host([data-wide]) dialog{inset:1rem!important;width:auto;height:auto!important;max-width:none;max-height:none}
:host([data-wide]){height:var(--height,auto)!important}
:host([data-wide]) dialog:modal{position:fixed}
:host([data-wide]) dialog:modal iframe{height:100%!important}
@media (max-width:480px),(max-height:480px){:host([data-wide]) dialog{inset:0!important}}`;

const rectOf = (element) => element.getBoundingClientRect();
const intersect = (a, b) => ({ left: Math.max(a.left, b.left), top: Math.max(a.top, b.top), right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom) });
const isEmpty = ({ left, top, right, bottom }) => !(right > left && bottom > top);
const isWithin = (a, b) => a.left >= b.left && a.top >= b.top && a.right <= b.right && a.bottom <= b.bottom;
const parentOf = (element) => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host;
const styleOf = (element) => element.ownerDocument.defaultView.getComputedStyle(element);

/**
 * What of a rectangle an element's surroundings let be seen. Stops where an element may stand outside of what it is in: the answer may be larger
 * than what is seen, never smaller.
 */
function clipped(element, rect) {
  for (let inner = element; inner; ) {
    if (/absolute|fixed/.test(styleOf(inner).position)) break;
    const around = parentOf(inner);
    // The overflow of <body> is the window's.
    if (!around || around.matches("html,body")) break;
    const { overflowX, overflowY, display } = styleOf(around);
    if ([overflowX, overflowY].every((overflow) => /auto|scroll|hidden/.test(overflow)) && /block|flex|grid|flow-root/.test(display)) rect = intersect(rect, rectOf(around));
    inner = around;
  }
  return rect;
}

/** An element and all that is shown in it, through shadow roots and slots: `[element, rectangle]` of each box and each line of text. */
function partsOf(element, own, all = []) {
  if (element === own) return all;
  all.push([element, rectOf(element)]);
  const assigned = element.assignedNodes?.() ?? [];
  for (const inner of assigned.length ? assigned : (element.shadowRoot ?? element).childNodes) {
    if (inner.nodeType === Node.ELEMENT_NODE) partsOf(inner, own, all);
    else if (inner.nodeType === Node.TEXT_NODE) {
      const text = inner.ownerDocument.createRange();
      text.selectNode(inner);
      for (const rect of text.getClientRects()) all.push([element, rect]);
    }
  }
  return all;
}

/** Whether nothing in it can be seen, whatever is in it. What has no box of its own fades nothing. */
function isFaded(element) {
  for (let inner = element; inner; inner = parentOf(inner)) {
    const { opacity, display } = styleOf(inner);
    if (opacity === "0" && display !== "contents") return true;
  }
  return false;
}

const isShown = (element) => styleOf(element).visibility === "visible";

/**
 * Where an element is to be seen, with everything in it that sticks out. It may have no box or be hidden itself, and what is in it may be seen all
 * the same.
 */
function placesOf(element, own) {
  if (isFaded(element)) return [];
  const parts = partsOf(element, own);
  const around = isShown(element) ? [clipped(element, rectOf(element))] : [];
  const out = parts.filter(([inner, rect]) => !isEmpty(rect) && !around.some((place) => isWithin(rect, place)) && isShown(inner));
  return [...around, ...out.map(([inner, rect]) => clipped(inner, rect))];
}

const isSeen = (element) => element.checkVisibility?.({ checkVisibilityCSS: true, visibilityProperty: true, checkOpacity: true, opacityProperty: true }) ?? true;

/** Whether something between an element and its document turns or mirrors it, so that places in it cannot be added up. */
function isTurned(element) {
  for (let inner = element; inner; inner = parentOf(inner)) {
    const { transform, rotate, scale, offsetPath, zoom } = styleOf(inner);
    if ([transform, rotate, scale, offsetPath].some((value) => value && value !== "none") || (zoom && zoom !== "1")) return true;
  }
  return false;
}

/** A document or shadow root, and the open shadow roots in it; not our own. */
const rootsIn = (root, own) => [root, ...[...root.querySelectorAll("*")].flatMap((element) => (element.shadowRoot && element !== own ? rootsIn(element.shadowRoot, own) : []))];

/** The places of private parts in the window of `page`, in its CSS pixels: `[element, rectangle]` each. */
function privatePlaces(page, own) {
  const places = [];
  const put = (element, rect) => places.push([element, rect]);
  for (const root of rootsIn(page, own)) {
    for (const element of root.querySelectorAll(PRIVATE)) if (!element.matches(SPARED)) for (const place of placesOf(element, own)) put(element, place);
    for (const frame of root.querySelectorAll(FRAMES)) {
      if (frame === own || frame.closest(SPARED) || !isSeen(frame)) continue;
      const rect = rectOf(frame);
      if (rect.right - rect.left < FRAME_LEAST || rect.bottom - rect.top < FRAME_LEAST) continue;
      const inner = contentOf(frame);
      const inside = inner ? privatePlaces(inner, own) : inner === undefined ? [] : null;
      if (inside === null || (inside.length && isTurned(frame))) put(frame, clipped(frame, rect));
      else {
        const [x, y] = [rect.left + frame.clientLeft, rect.top + frame.clientTop];
        const style = styleOf(frame);
        const [dx, dy] = [x + parseFloat(style.paddingLeft), y + parseFloat(style.paddingTop)];
        for (const [element, place] of inside) {
          put(element, clipped(frame, intersect(rect, { left: place.left + dx, top: place.top + dy, right: place.right + dx, bottom: place.bottom + dy })));
        }
      }
    }
  }
  return places.filter(([, place]) => !isEmpty(place));
}

/** The document in a frame; null when nobody can look into it: another origin's, or of a kind that never lets; undefined of a picture. */
function contentOf(frame) {
  if (/^(object|embed)$/i.test(frame.localName) && /^image\//.test(frame.type)) return undefined;
  try {
    return frame.contentDocument ?? null;
  } catch {
    return null;
  }
}

const twoFrames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
const found = new Map();
let marks, following, patience, wasPopover, wasInline;
/** What is known of each private part: where it is or was last, whether it has moved, come or gone. */
let parts;
let isFirst, isSure;

/** Covers the places of a part, and the ways to them from where they were. */
function cover(part, places) {
  const isSame = !part.places || places.length === part.places.length;
  // Lines of a text that breaks otherwise: nobody knows which way they took.
  part.moves ||= !isSame;
  isSure &&= isSame;
  places.forEach((place, at) => {
    const old = (isSame && part.places?.[at]) || place;
    const way = [Math.min(place.left, old.left), Math.min(place.top, old.top), Math.max(place.right, old.right), Math.max(place.bottom, old.bottom)];
    part.moves ||= ["left", "top", "right", "bottom"].some((side) => place[side] !== old[side]);
    found.set(way.join(), way);
  });
  part.places = places;
}

/**
 * Where private parts were since the widget was hidden: what moves meanwhile is covered wherever it was, and on its way. Of what came or went as
 * well as moved, nobody knows the whole way.
 */
const follow = (host) => {
  const now = new Map();
  for (const [element, place] of privatePlaces(document, host)) now.set(element, [...(now.get(element) ?? []), place]);
  for (const [element, places] of now) {
    if (!parts.has(element)) parts.set(element, { comes: !isFirst });
    cover(parts.get(element), places);
  }
  for (const [element, part] of parts) part.comes ||= !now.has(element);
  isFirst = false;
  isSure &&= [...parts.values()].every(({ comes, moves }) => !(comes && moves));
  // Only what changes is sent to a camera, and one frame may get lost: a pixel that nobody sees makes a new one each time.
  marks.toggleAttribute("data-tick");
  following = requestAnimationFrame(() => follow(host));
};

const steps = {
  /** The widget is gone, and two corners are marked. */
  async mark({ host }) {
    begin(host);
    marks.removeAttribute("data-plain");
    await twoFrames();
    const { left, top, right, bottom } = rectOf(marks);
    const half = MARK / 2;
    return { marks: [left + half, top + half, right - half, bottom - half] };
  },
  /** The marks are gone, too: now. */
  async clear({ host }) {
    begin(host);
    marks.toggleAttribute("data-plain", true);
    await twoFrames();
  },
  /** The picture is taken. */
  async show({ host, frame }) {
    // What it shows may be as new as now.
    await twoFrames();
    end(host);
    frame.focus();
    const masks = [...found.values()];
    found.clear();
    parts.clear();
    return { masks, isSure };
  },
  /** As much room as there is, for the editor: modal, so that the page behind it is out of the way. */
  async wide({ host, dialog, frame }) {
    wasPopover = dialog.matches(":popover-open");
    // In the flow of the page it leaves its place, which stays as high as it is.
    wasInline = !dialog.open && !wasPopover;
    if (wasInline) host.style.setProperty("--height", `${host.offsetHeight}px`);
    host.toggleAttribute("data-wide", true);
    if (wasPopover) {
      dialog.hidePopover();
      dialog.popover = null;
    }
    if (!dialog.open) dialog.showModal();
    frame.focus();
  },
  async narrow({ host, dialog, frame }) {
    host.removeAttribute("data-wide");
    if ((wasPopover || wasInline) && dialog.open) dialog.close();
    if (wasPopover) {
      dialog.popover = "manual";
      dialog.showPopover();
    }
    host.style.removeProperty("--height");
    wasPopover = wasInline = false;
    frame.focus({ preventScroll: true });
  },
};

function begin(host) {
  clearTimeout(patience);
  patience = setTimeout(() => end(host), HIDDEN_MOST_MS);
  if (host.hasAttribute("data-picture")) return;
  host.toggleAttribute("data-picture", true);
  marks.showPopover?.();
  found.clear();
  parts = new Map();
  isFirst = isSure = true;
  follow(host);
}

function end(host) {
  clearTimeout(patience);
  cancelAnimationFrame(following);
  marks.hidePopover?.();
  host.removeAttribute("data-picture");
}

/**
 * Does a step of a picture, and answers with what the panel must know.
 *
 * @param step mark, clear, show, wide or narrow
 * @param ours the widget: its `host`, and in it `dialog` and `frame`
 */
export default async function picture(step, ours) {
  if (!marks) {
    const root = ours.host.shadowRoot;
    const looks = new CSSStyleSheet();
    looks.replaceSync(LOOKS);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, looks];
    marks = Object.assign(document.createElement("div"), { className: "marks", popover: "manual" });
    root.append(marks);
  }
  return { width: innerWidth, height: innerHeight, ...(await steps[step]?.(ours)) };
}
