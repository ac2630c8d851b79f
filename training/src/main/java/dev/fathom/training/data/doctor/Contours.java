package dev.fathom.training.data.doctor;

import dev.fathom.training.data.DepthSample;

/**
 * Where depth jumps in a frame, for a person to see: in cells, see {@link FrameFacts#step}.
 *
 * @param width cells across
 * @param height cells down
 * @param x of each place
 * @param y of each place
 */
public record Contours(int width, int height, int[] x, int[] y) {
    /** Finds them. */
    public static Contours of(DepthSample sample) {
        Grid grid = Grid.of(sample);
        DepthEdges edges = DepthEdges.of(grid);
        int[] x = new int[edges.size()];
        int[] y = new int[edges.size()];
        for (int i = 0; i < x.length; i++) {
            x[i] = edges.x(i);
            y[i] = edges.y(i);
        }
        return new Contours(grid.width(), grid.height(), x, y);
    }
}
