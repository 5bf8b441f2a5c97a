// A WebSocket that comes back.
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Keep a connection to `path`; returns { send } which drops what cannot be sent. */
export function connect(path, { onText, onPicture = () => {}, onOpen = () => {}, onLost = () => {} }) {
  let socket = null;
  let wait = FIRST_WAIT_MS;

  function open() {
    socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}${path}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { wait = FIRST_WAIT_MS; onOpen(); };
    socket.onmessage = ({ data }) => (typeof data === "string" ? onText(JSON.parse(data)) : onPicture(data));
    socket.onclose = ({ reason }) => {
      onLost(reason);
      setTimeout(open, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    };
  }

  open();
  return { send: (text) => { if (socket.readyState === WebSocket.OPEN) socket.send(text); } };
}
