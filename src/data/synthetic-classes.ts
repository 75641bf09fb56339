/** The thousand classes of the synthetic set: 20 colours × 10 patterns × 5 scales, with names to read. */

/** sRGB, 0 to 255. */
const colours = {
  crimson: [196, 24, 48],
  coral: [248, 112, 88],
  orange: [240, 136, 16],
  amber: [248, 184, 40],
  lemon: [240, 232, 72],
  olive: [128, 128, 24],
  lime: [144, 216, 40],
  emerald: [24, 160, 72],
  mint: [136, 232, 176],
  teal: [16, 128, 128],
  cyan: [56, 216, 232],
  azure: [48, 144, 240],
  cobalt: [24, 64, 184],
  indigo: [72, 32, 144],
  violet: [144, 88, 232],
  plum: [128, 32, 112],
  magenta: [232, 40, 184],
  rose: [248, 144, 184],
  brown: [112, 64, 32],
  ivory: [240, 232, 208],
} as const;

/**
 * Each pattern is a wave in cell units, from -1 to 1, before its edge is sharpened.
 * x runs right and y down; one cell is one period.
 */
const patterns = {
  stripes: (_x, y) => wave(y),
  bars: (x) => wave(x),
  diagonals: (x, y) => wave((x + y) * Math.SQRT1_2),
  checks: (x, y) => 1.6 * wave(x / 2) * wave(y / 2),
  dots: (x, y) => 1.3 - 3.6 * Math.hypot(centred(x), centred(y)),
  rings: (x, y) => wave(Math.hypot(x, y)),
  waves: (x, y) => wave(y + 0.35 * wave(x / 2)),
  zigzag: (x, y) => wave(y + 2 * Math.abs(centred(x / 2))),
  grid: (x, y) => 1.2 - 5 * Math.min(Math.abs(centred(x)), Math.abs(centred(y))),
  bricks: (x, y) => 5 * Math.min(edge(y), 2 * edge(x / 2 + (Math.floor(y) & 1) / 2)) - 0.8,
} satisfies Record<string, (x: number, y: number) => number>;

/** Periods along the shorter side of the image. */
const scales = { fine: 13, small: 9, medium: 6.2, large: 4.3, huge: 3 } as const;

const wave = (phase: number) => Math.sin(2 * Math.PI * phase);
/** Distance from the nearest cell centre, -0.5 to 0.5. */
const centred = (value: number) => value - Math.floor(value) - 0.5;
/** Distance from the nearest cell border, 0 to 0.5. */
const edge = (value: number) => 0.5 - Math.abs(centred(value));

export interface SyntheticClass {
  name: string;
  colour: readonly [number, number, number];
  pattern: (x: number, y: number) => number;
  /** Periods along the shorter side. */
  periods: number;
}

/** Index = (colour × 10 + pattern) × 5 + scale. */
export const syntheticClasses: readonly SyntheticClass[] = Object.entries(colours).flatMap(
  ([colourName, colour]) =>
    Object.entries(patterns).flatMap(([patternName, pattern]) =>
      Object.entries(scales).map(([scaleName, periods]) => ({
        name: `${colourName}-${patternName}-${scaleName}`,
        colour,
        pattern,
        periods,
      })),
    ),
);
