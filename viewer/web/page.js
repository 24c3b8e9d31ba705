// page.js — between the browser and the viewer (page.cc): feed, fonts, input, files, and when to draw.
'use strict';

const canvas = document.getElementById('canvas');
const message = document.getElementById('message');

/** A feed that says nothing for so long is dead: the server says something every second. */
const silenceMs = 5000;
const longestRetryMs = 5000;
/** Pixels of a plain screen that one notch of a mouse's wheel moves. */
const pixelsOfNotch = 100;

let viewer;

// ---------------------------------------------------------------- memory of the module

function withBytes(bytes, use) {
  const at = viewer._malloc(bytes.length);
  viewer.HEAPU8.set(bytes, at);
  try {
    return use(at, bytes.length);
  } finally {
    viewer._free(at);
  }
}

function withText(text, use) {
  return withBytes(new TextEncoder().encode(text + '\0'), use);
}

async function fetchBytes(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

// ---------------------------------------------------------------- what the viewer asks for

const remembered = (() => {
  try {
    return JSON.parse(localStorage.getItem('marquee')) ?? {};
  } catch {
    return {};  // storage is forbidden here, or holds something else
  }
})();

/** For letters that the first fonts lack: fetched when such a letter comes. */
const fetchedFonts = new Set();

const page = {
  save(name, bytes) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    tell(`Saved as ${name}, where this browser keeps downloads`);
  },
  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      tell('This browser does not let a page copy: open it at localhost or by https');
    }
  },
  remember(panel, light, scale) {
    history.replaceState(null, '', `#${panel}`);
    try {
      localStorage.setItem('marquee', JSON.stringify({light, scale}));
    } catch {
      // Then it is forgotten.
    }
  },
  async wantLetter(letter) {
    const font = /[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]/.test(String.fromCharCode(letter)) ?
        'cjk.ttf' : 'symbols.ttf';
    if (fetchedFonts.has(font)) return;
    fetchedFonts.add(font);
    try {
      withBytes(await fetchBytes(font), viewer._page_add_font);
      wake();
    } catch {
      // Such letters stay signs of replacement.
    }
  },
  setCursor(name) {
    canvas.style.cursor = name;
  },
};

function tell(text) {
  withText(text, viewer._page_tell);
  wake();
}

// ---------------------------------------------------------------- drawing, when there is a reason

let frame = 0;
let timer = 0;
let newest = null;
/** For tests and the curious: how much was done. */
const counts = {frames: 0, snapshots: 0, refused: 0, connections: 0, take};

function wake() {
  frame ||= requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  clearTimeout(timer);
  if (newest !== null) {
    const bytes = new Uint8Array(newest);
    newest = null;
    askForNext();
    if (withBytes(bytes, viewer._page_take_snapshot)) {
      counts.snapshots++;
    } else {
      counts.refused++;
    }
  }
  const rest = viewer._page_draw();
  counts.frames++;
  if (rest === 0) {
    wake();
  } else if (rest > 0) {
    timer = setTimeout(wake, rest);
  }
}

/**
 * ImGui's backend asks for WebGL's state before each frame, to restore it after, and each answer waits until the GPU has
 * done all its work. Nobody else draws here, so the state before each frame is that before the first.
 */
function rememberState(gl) {
  const ask = gl.getParameter.bind(gl);
  const known = new Map();
  gl.getParameter = (name) => {
    if (!known.has(name)) known.set(name, ask(name));
    return known.get(name);
  };
}

// ---------------------------------------------------------------- the feed

let socket = null;
let watchdog = 0;
let retry = 0;
let retryMs = 250;

/** The server sends the newest snapshot for each message, so a page that is not drawn gets none. */
function askForNext() {
  if (socket === null || socket.readyState !== WebSocket.OPEN) return;
  socket.send('next');
  expectLife();
}

function take(snapshot) {
  newest = snapshot;
  wake();
}

function connect() {
  socket = new WebSocket(new URL('feed', location.href.replace(/^http/, 'ws')));
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    counts.connections++;
    retryMs = 250;
  };
  socket.onmessage = ({data}) => {
    clearTimeout(watchdog);
    if (data.byteLength > 0) {
      take(data);
    } else {
      askForNext();
    }
  };
  socket.onclose = lose;
  expectLife();
}

function expectLife() {
  clearTimeout(watchdog);
  watchdog = setTimeout(lose, silenceMs);
}

function hangUp() {
  clearTimeout(watchdog);
  if (socket === null) return false;
  socket.onclose = socket.onmessage = null;
  socket.close();
  socket = null;
  return true;
}

async function lose() {
  if (!hangUp()) return;
  const text = await reasonOfLoss();
  withText(text, viewer._page_tell_waiting);
  wake();
  clearTimeout(retry);
  retry = setTimeout(connectIfSeen, retryMs);
  retryMs = Math.min(2 * retryMs, longestRetryMs);
}

/** A refused WebSocket tells no reason; the same address asked as a page does. */
async function reasonOfLoss() {
  try {
    const response = await fetch('feed', {cache: 'no-store', signal: AbortSignal.timeout(2000)});
    if (response.status === 503 || response.status === 403) return (await response.text()).trim();
  } catch {
    // It does not answer at all.
  }
  return `The server at ${location.host} does not answer; this page tries again by itself`;
}

function connectIfSeen() {
  clearTimeout(retry);
  if (!document.hidden && socket === null) connect();
}

/** A page that nobody sees leaves its place at the server to others. */
function comeOrGo() {
  if (document.hidden) {
    hangUp();
  } else {
    connectIfSeen();
  }
}

// ---------------------------------------------------------------- input

function resize() {
  const scale = window.devicePixelRatio || 1;
  viewer._page_resize(Math.round(innerWidth * scale), Math.round(innerHeight * scale), scale);
  wake();
}

function movePointer(event) {
  const scale = canvas.width / canvas.clientWidth;
  viewer._page_move_pointer(event.offsetX * scale, event.offsetY * scale);
  wake();
}

function pressModifiers(event) {
  viewer._page_press_modifiers(event.ctrlKey || event.metaKey, event.shiftKey, event.altKey);
}

function pressKey(event, down) {
  pressModifiers(event);
  const name = event.key.length > 1 ? event.key : `Key${event.key.toUpperCase()}`;
  withText(name, (at) => viewer._page_press_key(at, down));
  wake();
}

function listen() {
  addEventListener('resize', resize);
  document.addEventListener('visibilitychange', comeOrGo);
  // After sleep or a change of drivers; all that was drawn with is gone.
  canvas.addEventListener('webglcontextlost', () => setTimeout(() => location.reload(), 1000));
  canvas.addEventListener('pointermove', movePointer);
  canvas.addEventListener('pointerdown', (event) => {
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);  // a drag may leave the window
    movePointer(event);
    viewer._page_press_button(event.button, 1);
    event.preventDefault();
  });
  const release = (event) => {
    movePointer(event);
    viewer._page_press_button(event.button, 0);
    // A finger that is gone hovers over nothing.
    if (event.pointerType === 'touch') viewer._page_leave_pointer();
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('pointerleave', () => {
    viewer._page_leave_pointer();
    wake();
  });
  canvas.addEventListener('contextmenu', (event) => event.preventDefault());
  canvas.addEventListener('wheel', (event) => {
    if (event.ctrlKey) return;  // the browser's zoom
    const pixels = [1, 16, innerHeight][event.deltaMode] / pixelsOfNotch;
    viewer._page_turn_wheel(-event.deltaX * pixels, -event.deltaY * pixels);
    wake();
    event.preventDefault();
  }, {passive: false});
  addEventListener('keydown', (event) => {
    const shortcut = event.ctrlKey || event.metaKey || event.altKey;
    pressKey(event, 1);
    if ([...event.key].length === 1 && (!shortcut || event.getModifierState('AltGraph'))) {
      withText(event.key, viewer._page_type);
    }
    // What the browser does with letters, Tab and arrows is not meant; with F5 and Ctrl+R it is.
    if (!shortcut && !/^F\d+$/.test(event.key)) event.preventDefault();
  });
  addEventListener('keyup', (event) => pressKey(event, 0));
  addEventListener('paste', (event) => {
    withText(event.clipboardData.getData('text/plain').replace(/\s+/g, ' '), viewer._page_type);
    wake();
  });
  addEventListener('focus', () => viewer._page_focus(1));
  addEventListener('blur', () => {
    viewer._page_focus(0);
    wake();
  });
}

// ---------------------------------------------------------------- here it begins

async function begin() {
  const [text, bold, module] = await Promise.all(
      [fetchBytes('text.ttf'), fetchBytes('bold.ttf'), startViewer({page})]);
  viewer = module;
  withBytes(text, viewer._page_add_font);
  withBytes(bold, viewer._page_add_font);
  const light = remembered.light ?? matchMedia('(prefers-color-scheme: light)').matches;
  const panel = location.hash.slice(1);
  const opened = withText(panel, (at) => viewer._page_open(at, light, remembered.scale ?? 0));
  if (!opened) {
    throw new Error('This browser has no WebGL 2, which this page is drawn with. Its figures are ' +
                    'at snapshot.json too.');
  }
  rememberState(canvas.getContext('webgl2'));
  withText(`Waiting for the server at ${location.host}`, viewer._page_tell_waiting);
  listen();
  resize();
  message.textContent = '';
  canvas.focus();
  connectIfSeen();
  window.marquee = counts;
}

begin().catch((error) => {
  message.textContent = `${error.message ?? error}`;
});
