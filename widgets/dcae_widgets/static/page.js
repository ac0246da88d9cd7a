// A page about one photo, without a kernel: the viewer of photos with models that live in the page alone.

const PLACE_PX = 16;

/** What the viewer asks of a widget's model; nobody else hears of it. */
class LocalModel {
  #values;
  #handlers = new Map();

  /** @param {Record<string, any>} values @param {LocalModel[]} [models] that its traits may refer to by their index */
  constructor(values, models = []) {
    this.#values = values;
    this.widget_manager = { get_model: async (index) => models[Number(index)] };
  }

  get(name) {
    return this.#values[name];
  }

  set(name, value) {
    if (this.#values[name] === value) return;
    this.#values[name] = value;
    for (const handler of this.#handlers.get(`change:${name}`) ?? []) handler();
  }

  on(events, handler) {
    for (const event of events.split(" ")) this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
  }

  off(events, handler) {
    for (const event of events.split(" ")) {
      this.#handlers.set(event, (this.#handlers.get(event) ?? []).filter((each) => each !== handler));
    }
  }

  save_changes() {}
}

/** The picture behind a URI, decoded. @param {string} uri */
async function pictureOf(uri) {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
}

/** R G B of a canvas, row by row. @param {HTMLCanvasElement} canvas */
function rgbOf(canvas) {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const rgb = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + 1];
    rgb[to++] = data[from + 2];
  }
  return new DataView(rgb.buffer);
}

class PhotoPage {
  #byId = (id) => document.getElementById(id);
  #data = JSON.parse(this.#byId("page-data").textContent);
  #serial = 0;

  async start() {
    const [original, first] = [this.#byId("original"), this.#byId("first")];
    this.#data.codings[this.#data.start].picture = first.src;
    const [width, height] = [Number(original.getAttribute("width")), Number(original.getAttribute("height"))];
    this.canvas = Object.assign(document.createElement("canvas"), { width, height });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.layers = ["Original", "Compressed"].map((name) => new LocalModel({ name, width, height, pixels: null, opacity: 1, patch_rect: [], patch_pixels: null }));
    this.context.drawImage(await pictureOf(original.src), 0, 0);
    this.layers[0].set("pixels", rgbOf(this.canvas));
    this.#fillOverlays();
    for (const id of ["lmbda", "overlay", "strength"]) this.#byId(id).addEventListener("input", () => this.show());
    await this.show();
    this.#openViewer(width, height);
    this.#byId("still").remove();
    this.#byId("controls").hidden = false;
  }

  #openViewer(width, height) {
    const box = this.#byId("viewer");
    const room = Math.min(box.clientWidth * (height / width), innerHeight * 0.66);
    const layers = ["IPY_MODEL_0", "IPY_MODEL_1"];
    const state = {
      layers, mode: "split", first: 0, second: 1, divider: 0.5, gain: 8, flicker_hz: 1, view: [0, 0, 0], visible: [],
      hover: [], clicked: [], brush: [], outline: [], label: document.title, height_px: Math.max(240, Math.round(room)),
    };
    new Viewer({ model: new LocalModel(state, this.layers), el: box });
  }

  #fillOverlays() {
    const { mapNames, codings } = this.#data;
    const option = (value, text) => element("option", { value }, text);
    const maps = ["all", ...mapNames].map((name, index) => option(`maps ${index}`, `Bits: ${name}`));
    const winners = codings[0].winners.map((_, index) => option(`winners ${index}`, `Dictionary: slice ${index}`));
    this.#byId("overlay").append(option("", "Nothing"), ...maps, ...winners);
  }

  get #overlay() {
    const [kind, index] = this.#byId("overlay").value.split(" ");
    return { kind, index: Number(index) };
  }

  /** Shows what the controls say; of two hurried calls the later one wins. */
  async show() {
    const serial = ++this.#serial;
    const index = Number(this.#byId("lmbda").value);
    const coding = this.#data.codings[index];
    const { kind, index: which } = this.#overlay;
    this.#say(index, coding);
    const [picture, map] = await Promise.all([pictureOf(coding.picture), kind ? pictureOf(coding[kind][which]) : null]);
    if (serial !== this.#serial) return;
    this.context.globalAlpha = 1;
    this.context.drawImage(picture, 0, 0);
    if (map) this.#drawOver(map);
    this.layers[1].set("name", `Compressed, λ ${coding.lmbda}`);
    this.layers[1].set("pixels", rgbOf(this.canvas));
  }

  #drawOver(map) {
    this.context.globalAlpha = Number(this.#byId("strength").value) / 100;
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(map, 0, 0, map.naturalWidth * PLACE_PX, map.naturalHeight * PLACE_PX);
  }

  #say(index, coding) {
    const slider = this.#byId("lmbda");
    this.#byId("lmbda-value").textContent = coding.lmbda;
    slider.setAttribute("aria-valuetext", `λ ${coding.lmbda}`);
    const loss = coding.stored === "lossless" ? "" : ` (stored in this page as ${coding.stored} from the real picture)`;
    this.#byId("numbers").textContent = coding.said + loss;
    const dot = document.querySelector(`.dot[data-index="${index}"]`);
    for (const side of ["cx", "cy"]) this.#byId("chosen").setAttribute(side, dot.getAttribute(side));
    for (const row of document.querySelectorAll("tr[data-index]")) {
      if (row.dataset.index === String(index)) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    this.#byId("legend").replaceChildren(...this.#legend(coding));
  }

  #legend(coding) {
    const { kind, index } = this.#overlay;
    if (!kind) return [];
    if (kind === "maps") return ["0", element("span", { class: "ramp" }), `${coding.most[index]} bits a pixel; each block is a place of 16 × 16 px`];
    const entries = coding.top[index].map(([entry, colour, share]) => {
      const swatch = element("span", { class: "swatch", style: `background: ${colour}` });
      return element("span", {}, swatch, `entry ${entry}: ${share}`);
    });
    return ["Read most, over all heads:", ...entries];
  }
}

new PhotoPage().start();
