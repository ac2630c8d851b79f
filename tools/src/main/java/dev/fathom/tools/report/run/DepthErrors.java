package dev.fathom.tools.report.run;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Errors of a validation by the true depth of the pixel: N ranges of depth.
 *
 * @param edges  [N+1] metres, ascending
 * @param pixels [N] valid pixels of all images in each range
 * @param absRel [N] mean of |p - t| / t over them; NaN where there is none
 * @param mae    [N] mean of |p - t|, metres, likewise
 */
record DepthErrors(double[] edges, double[] pixels, double[] absRel, double[] mae) {

    /** Reads {@code by_depth} of a line; null if it is not there or its lists do not fit each other. */
    static DepthErrors of(JsonNode node) {
        double[] edges = numbers(node.path("edges"));
        DepthErrors errors = new DepthErrors(edges, numbers(node.path("pixels")), numbers(node.path("abs_rel")),
                numbers(node.path("mae")));
        int n = edges.length - 1;
        return n >= 1 && errors.pixels.length == n && errors.absRel.length == n && errors.mae.length == n ? errors
                : null;
    }

    private static double[] numbers(JsonNode list) {
        double[] values = new double[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).isNumber() ? list.get(i).asDouble() : Double.NaN;
        }
        return values;
    }

    /** Share of all pixels in range {@code i}. */
    double share(int i) {
        double all = 0;
        for (double n : pixels) {
            all += n;
        }
        return all > 0 ? pixels[i] / all : 0;
    }
}
