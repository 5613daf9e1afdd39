// Adds a field to draw in; without this script the typed name alone is the signature.
(function () {
  "use strict";
  const area = document.getElementById("drawing");
  const canvas = document.getElementById("canvas");
  const field = document.getElementById("strokes");
  const pen = canvas && canvas.getContext("2d");
  if (!area || !pen || !window.PointerEvent) return;
  const mostPoints = 4800;
  const mostStrokes = 190;
  let strokes = [];
  let points = 0;
  let current = null;
  area.hidden = false;

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * canvas.width;
    const y = ((event.clientY - box.top) / box.height) * canvas.height;
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * 10) / 10;
    return [within(x, canvas.width), within(y, canvas.height)];
  }

  function add(event) {
    if (points >= mostPoints) return;
    const point = place(event);
    const last = current[current.length - 1];
    current.push(point);
    points += 1;
    pen.lineWidth = 3;
    pen.lineCap = "round";
    pen.strokeStyle = "#12202e";
    pen.beginPath();
    pen.moveTo(...(last || point));
    pen.lineTo(...point);
    pen.stroke();
    field.value = JSON.stringify(strokes);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (strokes.length >= mostStrokes) return;
    canvas.setPointerCapture(event.pointerId);
    current = [];
    strokes.push(current);
    add(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (current) add(event);
  });
  const end = () => { current = null; };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  document.getElementById("clear").addEventListener("click", () => {
    strokes = [];
    points = 0;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    field.value = "";
  });
})();
