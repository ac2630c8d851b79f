package dev.fathom.tools.tiles;

import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.Preprocess;
import dev.fathom.tools.align.AffineFit;
import dev.fathom.tools.align.AffineFit.Freedom;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * The depth of a big photo, in tiles that the network sees at its own size, so that it sees what shrinking the whole
 * photo would have taken away.
 *
 * <p>Tiles know nothing of each other: each comes out with a scale and a shift of its own. So the network sees the
 * whole photo first, and each tile is fitted to that map ({@link AffineFit}) at that map's resolution: a tile's mean
 * over as many pixels as one value of the whole map stands for, against that value. A tile that cannot be fitted
 * (nothing in it but a flat wall, or its map runs against the whole's) is not guessed at: the whole photo's map stands
 * in its place, and the result says for how many.
 *
 * <p>Memory beside the network's: the photo, one map of its size, one tile, and a sixteenth of two rows of tiles.
 */
public final class TiledEstimator {
    /** A network that looks at a picture. */
    @FunctionalInterface
    public interface Network {
        /** The depth of a picture, as a map of so many columns and rows whose corners lie on the picture's corners. */
        DepthMap estimate(Picture picture, int width, int height);

        /** A real one. */
        static Network of(DepthEstimator estimator, String name) {
            return (picture, width, height) -> {
                NetworkSize size = estimator.networkSize(picture);
                estimator.requireFits(picture, name);
                return estimator.estimate(Preprocess.normalised(picture, size), size, width, height);
            };
        }
    }

    /**
     * What came of a photo.
     *
     * @param map      of the photo's size
     * @param tiles    how many there were
     * @param followed how many of them the whole photo's map stands for
     * @param seams    how well they agree
     */
    public record Result(DepthMap map, int tiles, int followed, Seams.Figures seams) {
        /** For people. */
        @Override
        public String toString() {
            return tiles + " tiles, " + seams
                    + (followed == 0 ? "" : ", " + followed + " without enough in them to align, left as the whole"
                    + " photo's map");
        }
    }

    private final Network network;
    private final Tiling tiling;

    public TiledEstimator(Network network, Tiling tiling) {
        this.network = network;
        this.tiling = tiling;
    }

    /**
     * Estimates a photo larger than one tile.
     *
     * @param whole how large the whole photo's map is
     * @param done  called with the number of tiles done, after each
     */
    public Result estimate(Picture photo, NetworkSize whole, IntConsumer done) {
        return new Photo(photo, network.estimate(photo, whole.width(), whole.height())).run(done);
    }

    /** One photo in work. */
    private final class Photo {
        private final Picture photo;
        private final DepthMap whole;
        private final Freedom freedom;
        private final boolean neverNegative;
        private final Seams seams = new Seams();
        /** Steps of the whole's map a pixel of the photo. */
        private final double perColumn;
        private final double perRow;
        private int followed;

        Photo(Picture photo, DepthMap whole) {
            this.photo = photo;
            this.whole = whole;
            this.freedom = tiling.freedom(whole.head());
            this.neverNegative = whole.head() instanceof DepthHead.Relative;
            this.perColumn = (whole.width() - 1.0) / Math.max(1, photo.width() - 1);
            this.perRow = (whole.height() - 1.0) / Math.max(1, photo.height() - 1);
        }

        Result run(IntConsumer done) {
            TileGrid grid = tiling.grid(photo.width(), photo.height());
            float[] map = new float[photo.pixels()];
            int width = grid.columns().tile();
            int height = grid.rows().tile();
            int count = 0;
            for (int row = 0; row < grid.rows().starts().length; row++) {
                int top = grid.rows().starts()[row];
                float[] down = grid.rows().weights(row);
                for (int column = 0; column < grid.columns().starts().length; column++) {
                    int left = grid.columns().starts()[column];
                    float[] raw = network.estimate(crop(left, top, width, height), width, height).values();
                    float[] aligned = aligned(raw, left, top, width, height);
                    seams.add(column, left, top, width, height, raw, aligned);
                    blend(map, aligned, left, top, grid.columns().weights(column), down);
                    done.accept(++count);
                }
            }
            return new Result(new DepthMap(photo.width(), photo.height(), map, whole.head()), count, followed,
                    seams.figures());
        }

        private Picture crop(int left, int top, int width, int height) {
            Picture crop = Picture.blank(width, height);
            for (int y = 0; y < height; y++) {
                System.arraycopy(photo.rgb(), 3 * ((top + y) * photo.width() + left), crop.rgb(), 3 * y * width,
                        3 * width);
            }
            return crop;
        }

        private float[] aligned(float[] raw, int left, int top, int width, int height) {
            float[] aligned = new float[raw.length];
            Optional<AffineFit> fit = fit(raw, left, top, width, height);
            followed += fit.isEmpty() ? 1 : 0;
            for (int i = 0; i < raw.length; i++) {
                float value = fit.isPresent() ? fit.get().at(raw[i]) : whole(left + i % width, top + i / width);
                aligned[i] = neverNegative ? Math.max(0, value) : value;
            }
            return aligned;
        }

        /** The tile's means over what one value of the whole's map stands for, against that map. */
        private Optional<AffineFit> fit(float[] raw, int left, int top, int width, int height) {
            int reachX = (int) Math.round(Math.max(0, 1 / perColumn - 1) / 2);
            int reachY = (int) Math.round(Math.max(0, 1 / perRow - 1) / 2);
            int stepX = 2 * reachX + 1;
            int stepY = 2 * reachY + 1;
            int columns = width / stepX;
            int rows = height / stepY;
            float[] x = new float[columns * rows];
            float[] y = new float[columns * rows];
            for (int i = 0; i < x.length; i++) {
                int column = i % columns * stepX + reachX;
                int row = i / columns * stepY + reachY;
                x[i] = mean(raw, width, column - reachX, row - reachY, stepX, stepY);
                y[i] = whole(left + column, top + row);
            }
            return AffineFit.robust(x, y, freedom);
        }

        private static float mean(float[] map, int width, int left, int top, int columns, int rows) {
            double sum = 0;
            for (int y = top; y < top + rows; y++) {
                for (int x = left; x < left + columns; x++) {
                    sum += map[y * width + x];
                }
            }
            return (float) (sum / (columns * rows));
        }

        /** The whole's map at a pixel of the photo: corners on corners, linear between. */
        private float whole(int x, int y) {
            double atX = x * perColumn;
            double atY = y * perRow;
            int left = Math.min((int) atX, Math.max(0, whole.width() - 2));
            int top = Math.min((int) atY, Math.max(0, whole.height() - 2));
            int right = Math.min(left + 1, whole.width() - 1);
            int bottom = Math.min(top + 1, whole.height() - 1);
            double above = whole.at(left, top) + (atX - left) * (whole.at(right, top) - whole.at(left, top));
            double below = whole.at(left, bottom) + (atX - left) * (whole.at(right, bottom) - whole.at(left, bottom));
            return (float) (above + (atY - top) * (below - above));
        }

        private void blend(float[] map, float[] tile, int left, int top, float[] across, float[] down) {
            for (int y = 0; y < down.length; y++) {
                int to = (top + y) * photo.width() + left;
                for (int x = 0; x < across.length; x++) {
                    map[to + x] += down[y] * across[x] * tile[y * across.length + x];
                }
            }
        }
    }
}
