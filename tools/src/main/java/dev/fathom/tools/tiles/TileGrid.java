package dev.fathom.tools.tiles;

/**
 * Where the tiles of a photo lie, and how much each counts where several do.
 *
 * <p>Along each side tiles are equally long and evenly spread, with at least the overlap that was asked for. A tile's
 * weight is {@code sin^2}, 0 at its own ends, divided by the sum over all tiles there: smooth everywhere, 1 where a
 * tile is alone, and one in sum at every pixel.
 *
 * @param columns where tiles begin, and how long they are, along the width
 * @param rows    the same along the height
 */
public record TileGrid(Axis columns, Axis rows) {
    /**
     * One side.
     *
     * @param length of the photo, pixels
     * @param tile   of a tile, pixels: at most the length
     * @param starts the first pixel of each tile, ascending
     */
    public record Axis(int length, int tile, int[] starts) {
        static Axis of(int length, int most, double overlap) {
            if (length <= most) {
                return new Axis(length, length, new int[] {0});
            }
            int step = Math.max(1, (int) Math.floor(most * (1 - overlap)));
            int last = length - most;
            int steps = (last + step - 1) / step;
            int[] starts = new int[steps + 1];
            for (int i = 0; i <= steps; i++) {
                starts[i] = (int) Math.round((double) i * last / steps);
            }
            return new Axis(length, most, starts);
        }

        /** The weights of tile {@code index} at its pixels, [tile]. */
        public float[] weights(int index) {
            float[] weights = new float[tile];
            for (int i = 0; i < tile; i++) {
                int pixel = starts[index] + i;
                double sum = 0;
                for (int start : starts) {
                    sum += window(pixel - start);
                }
                weights[i] = (float) (window(i) / sum);
            }
            return weights;
        }

        private double window(int at) {
            double sine = at < 0 || at >= tile ? 0 : Math.sin(Math.PI * (at + 0.5) / tile);
            return sine * sine;
        }
    }

    /**
     * The tiles of a photo.
     *
     * @param tile    longest side of a tile, pixels
     * @param overlap the share of a tile that at least lies on the next one, 0 to below 1
     */
    public static TileGrid of(int width, int height, int tile, double overlap) {
        return new TileGrid(Axis.of(width, tile, overlap), Axis.of(height, tile, overlap));
    }

    /** How many tiles. */
    public int count() {
        return columns.starts.length * rows.starts.length;
    }
}
