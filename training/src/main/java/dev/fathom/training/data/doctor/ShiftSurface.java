package dev.fathom.training.data.doctor;

/**
 * How well depth's edges lie on the picture's for every shift of the depth by up to {@value #REACH} cells: the mean
 * rank of the picture's change at the shifted places. Surfaces of several frames can be added.
 *
 * <p>Rows by the shift down, columns by the shift to the right: place (REACH + dy) * {@value #ACROSS} + REACH + dx.
 */
public final class ShiftSurface {
    /** Largest shift, cells: an eighth of the longer side. */
    public static final int REACH = 40;
    /** Places in a row. */
    public static final int ACROSS = 2 * REACH + 1;
    /** Shifts at least this far from both 0 and the best one show what chance does. */
    private static final int APART = 6;
    private static final String[] MIRRORS = {"as it is", "left to right", "upside down", "by half a turn"};

    /** Of twice the ranks, so that chance is a whole number. */
    private final long[] sums = new long[ACROSS * ACROSS];
    private final double[] mirrors = new double[MIRRORS.length];
    private long edges;
    private int frames;

    static ShiftSurface of(EdgeMaps picture, DepthEdges depth) {
        ShiftSurface surface = new ShiftSurface();
        int[] sums = new int[ACROSS * ACROSS];
        for (int i = 0; i < depth.size(); i++) {
            add(depth.upright(i) ? picture.across() : picture.down(), picture.width(), picture.height(), depth.x(i),
                    depth.y(i), sums);
        }
        for (int i = 0; i < sums.length; i++) {
            surface.sums[i] = sums[i];
        }
        surface.edges = depth.size();
        surface.frames = 1;
        for (int m = 0; m < MIRRORS.length; m++) {
            surface.mirrors[m] = depth.size() * picture.score(depth.mirrored(picture.width(), picture.height(),
                    (m & 1) == 1, (m & 2) == 2));
        }
        return surface;
    }

    /** Adds twice the ranks around a place; those outside of the picture are chance. */
    private static void add(byte[] ranks, int width, int height, int x, int y, int[] sums) {
        int left = Math.max(-REACH, -x);
        int right = Math.min(REACH, width - 1 - x);
        for (int dy = -REACH; dy <= REACH; dy++) {
            int to = (REACH + dy) * ACROSS + REACH;
            if (y + dy < 0 || y + dy >= height) {
                chance(sums, to - REACH, to + REACH + 1);
                continue;
            }
            int from = (y + dy) * width + x;
            chance(sums, to - REACH, to + left);
            for (int dx = left; dx <= right; dx++) {
                sums[to + dx] += 2 * (ranks[from + dx] & 0xFF);
            }
            chance(sums, to + right + 1, to + REACH + 1);
        }
    }

    private static void chance(int[] sums, int from, int to) {
        for (int i = from; i < to; i++) {
            sums[i] += 255;
        }
    }

    /** Adds another's edges to this one's. */
    void add(ShiftSurface other) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += other.sums[i];
        }
        for (int m = 0; m < mirrors.length; m++) {
            mirrors[m] += other.mirrors[m];
        }
        edges += other.edges;
        frames += other.frames;
    }

    /** Edges of depth that it is made of. */
    public long edges() {
        return edges;
    }

    /** Frames that it is made of. */
    public int frames() {
        return frames;
    }

    /** The mean rank at a shift, 0..255; about 128 where nothing fits. */
    public double at(int dx, int dy) {
        return edges == 0 ? EdgeMaps.CHANCE : sums[(REACH + dy) * ACROSS + REACH + dx] / (2.0 * edges);
    }

    /**
     * The shift that fits best.
     *
     * @param dx cells to the right that the depth must be moved by
     * @param dy cells down
     * @param score its mean rank
     * @param asRead the mean rank without a shift, or one cell beside
     * @param chance the mean over shifts far from both
     * @param spread their standard deviation
     */
    public record Best(int dx, int dy, double score, double asRead, double chance, double spread) {
        /** How far the best score is above chance, in standard deviations. */
        public double significance() {
            return spread > 0 ? (score - chance) / spread : 0;
        }

        /** The same without a shift. */
        public double asReadSignificance() {
            return spread > 0 ? (asRead - chance) / spread : 0;
        }
    }

    /** The shift that fits best; of equal ones that nearest to none. */
    public Best best() {
        int bestX = 0;
        int bestY = 0;
        for (int dy = -REACH; dy <= REACH; dy++) {
            for (int dx = -REACH; dx <= REACH; dx++) {
                double better = at(dx, dy) - at(bestX, bestY);
                if (better > 0 || better == 0 && dx * dx + dy * dy < bestX * bestX + bestY * bestY) {
                    bestX = dx;
                    bestY = dy;
                }
            }
        }
        double sum = 0;
        double squares = 0;
        int n = 0;
        double asRead = 0;
        for (int dy = -REACH; dy <= REACH; dy++) {
            for (int dx = -REACH; dx <= REACH; dx++) {
                double score = at(dx, dy);
                if (Math.max(Math.abs(dx), Math.abs(dy)) <= 1) {
                    asRead = Math.max(asRead, score);
                }
                if (Math.max(Math.abs(dx), Math.abs(dy)) >= APART
                        && Math.max(Math.abs(dx - bestX), Math.abs(dy - bestY)) >= APART) {
                    sum += score;
                    squares += score * score;
                    n++;
                }
            }
        }
        double chance = sum / n;
        return new Best(bestX, bestY, at(bestX, bestY), asRead, chance,
                Math.sqrt(Math.max(0, squares / n - chance * chance)));
    }

    /** How the depth must be mirrored to fit best without a shift: 0 not at all, 1 left to right, 2 upside down, 3 both. */
    int bestMirror() {
        int best = 0;
        for (int m = 1; m < mirrors.length; m++) {
            best = mirrors[m] > mirrors[best] ? m : best;
        }
        return best;
    }

    /** The mean rank of a mirrored depth. */
    double mirror(int m) {
        return edges == 0 ? EdgeMaps.CHANCE : mirrors[m] / edges;
    }

    /** How a mirrored depth lies, in words. */
    static String mirrorWords(int m) {
        return MIRRORS[m];
    }
}
