package dev.fathom.training.data.doctor;

/**
 * How strongly a picture changes across and down, by rank: 0 for the smoothest places, 255 for the strongest edges, the
 * same share of places at each rank. So a score over many places is 127.5 where they have nothing to do with edges,
 * whatever the contrast.
 *
 * @param width cells across
 * @param height cells down
 * @param across [height,width], change from left to right
 * @param down [height,width], change from top to bottom
 */
record EdgeMaps(int width, int height, byte[] across, byte[] down) {
    /** A score where nothing fits. */
    static final double CHANCE = 127.5;
    private static final int BINS = 4096;

    static EdgeMaps of(Grid grid) {
        return new EdgeMaps(grid.width(), grid.height(), ranks(grid, 1), ranks(grid, grid.width()));
    }

    /** The change over a cell's neighbours on either side, so that edges lie in the cell on both of theirs. */
    private static byte[] ranks(Grid grid, int step) {
        float[] luma = grid.luma();
        int width = grid.width();
        int[] bins = new int[luma.length];
        int[] counts = new int[BINS];
        int side = step == 1 ? 1 : width;
        for (int y = 0; y < grid.height(); y++) {
            for (int x = 0; x < width; x++) {
                int i = y * width + x;
                int before = (step == 1 ? x : y) > 0 ? i - side : i;
                int after = (step == 1 ? x < width - 1 : y < grid.height() - 1) ? i + side : i;
                bins[i] = (int) Math.min(BINS - 1, Math.abs(luma[after] - luma[before]) * (BINS / 256.0));
                counts[bins[i]]++;
            }
        }
        byte[] rankOf = new byte[BINS];
        long below = 0;
        for (int b = 0; b < BINS; b++) {
            rankOf[b] = (byte) Math.round(255 * (below + counts[b] / 2.0) / luma.length);
            below += counts[b];
        }
        byte[] ranks = new byte[luma.length];
        for (int i = 0; i < ranks.length; i++) {
            ranks[i] = rankOf[bins[i]];
        }
        return ranks;
    }

    /** The same with a quarter of the sides: of 4 x 4 cells the strongest. */
    EdgeMaps quarter() {
        int w = (width + 3) / 4;
        int h = (height + 3) / 4;
        return new EdgeMaps(w, h, strongest(across, w, h), strongest(down, w, h));
    }

    private byte[] strongest(byte[] fine, int w, int h) {
        int[] strongest = new int[w * h];
        int[] counts = new int[256];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int at = y / 4 * w + x / 4;
                strongest[at] = Math.max(strongest[at], fine[y * width + x] & 0xFF);
            }
        }
        for (int s : strongest) {
            counts[s]++;
        }
        int[] rankOf = new int[256];
        int below = 0;
        for (int s = 0; s < 256; s++) {
            rankOf[s] = (int) Math.round(255 * (below + counts[s] / 2.0) / strongest.length);
            below += counts[s];
        }
        byte[] coarse = new byte[strongest.length];
        for (int i = 0; i < coarse.length; i++) {
            coarse[i] = (byte) rankOf[strongest[i]];
        }
        return coarse;
    }

    /** Ranks at places, 0..255, each turned as its edge is; places outside count as chance. */
    double score(DepthEdges edges) {
        double sum = 0;
        for (int i = 0; i < edges.size(); i++) {
            sum += rank(edges.x(i), edges.y(i), edges.upright(i));
        }
        return edges.size() == 0 ? CHANCE : sum / edges.size();
    }

    double rank(int x, int y, boolean upright) {
        return x < 0 || y < 0 || x >= width || y >= height ? CHANCE
                : (upright ? across : down)[y * width + x] & 0xFF;
    }
}
