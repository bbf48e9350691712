// Draws marks on a canvas that holds the picture already.
import { rectangle } from "./marks.js";

const DRAWN = {
  highlight(context, { left, top, width, height }, unit) {
    context.fillStyle = "#ffd60059";
    context.fillRect(left, top, width, height);
    context.strokeStyle = "#b38600";
    context.lineWidth = unit;
    context.strokeRect(left, top, width, height);
  },
  // Opaque, never a blur: a blur can be undone.
  black(context, { left, top, width, height }) {
    context.fillStyle = "#000";
    context.fillRect(left, top, width, height);
  },
  arrow(context, _, unit, { x1, y1, x2, y2 }) {
    const angle = Math.atan2(y2 - y1, x2 - x1);
    const wing = (turn) => [x2 - Math.cos(angle + turn) * unit * 7, y2 - Math.sin(angle + turn) * unit * 7];
    context.lineCap = context.lineJoin = "round";
    // White below red, so that it is seen on anything.
    for (const [color, width] of [["#fff", unit * 4], ["#d11a2a", unit * 2]]) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.moveTo(...wing(0.5));
      context.lineTo(x2, y2);
      context.lineTo(...wing(-0.5));
      context.stroke();
    }
  },
};

/** What is left away by a crop, dimmed; only while the picture is being marked. */
function dim(context, { left, top, width, height }, size) {
  context.fillStyle = "#000a";
  context.fillRect(0, 0, size.width, top);
  context.fillRect(0, top + height, size.width, size.height);
  context.fillRect(0, top, left, height);
  context.fillRect(left + width, top, size.width, height);
}

/** The marks of a picture of `size`; `unit` is the width of a line. Black comes last: nothing is drawn on top of it. */
export function draw(context, size, list, unit, isFinal) {
  for (const mark of [...list].sort((a, b) => (a.tool === "black") - (b.tool === "black"))) {
    const place = rectangle(mark, size.width, size.height);
    if (mark.tool !== "crop") DRAWN[mark.tool](context, place, unit, mark);
    else if (!isFinal) dim(context, place, size);
  }
}

/** A mark that is being made: what is below can be seen through it. */
export function drawDraft(context, size, draft, unit) {
  context.save();
  context.globalAlpha = 0.7;
  draw(context, size, [draft], unit);
  context.globalAlpha = 1;
  const { left, top, width, height } = rectangle(draft, size.width, size.height);
  context.lineWidth = unit;
  context.setLineDash([unit * 3, unit * 3]);
  for (const [color, offset] of [["#fff", 0], ["#000", unit * 3]]) {
    context.strokeStyle = color;
    context.lineDashOffset = offset;
    context.strokeRect(left, top, width, height);
  }
  context.restore();
}
