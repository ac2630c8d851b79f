package dev.fathom.models.onnx;

import java.util.List;

/**
 * The learnt position embedding at the picture's size, computed by the graph itself ({@code
 * dev.fathom.models.dinov2.PositionEmbedding}; SPEC 1.4).
 *
 * <p>ONNX's Resize cannot say what PyTorch does here: coordinates by a given scale factor, (h + 0.1) / g, but a result
 * of h rows. Runtimes take either a factor or a size, and they differ in what they then make of the other. So the graph
 * builds the two interpolation matrices and multiplies:
 *
 * <pre>
 * rows [h,g] x table [g,g*D]  = [h,g,D]         columns [w,g] x that, for each row  = [h,w,D]
 * </pre>
 *
 * <p>A row of a matrix holds the four weights of cubic convolution. Their place is computed in whole numbers: with the
 * factor s = (h + 1/10) / g the source coordinate of output i is
 *
 * <pre>
 * (i + 1/2) / s - 1/2  =  ((2i + 1) 10g + (10h + 1)) / (2 (10h + 1)) - 1
 * </pre>
 *
 * so quotient and remainder of one int64 division give floor and fraction without any rounding, for every size. At the
 * learnt size, where the table is used as it is, (2i + 1) 2 + 2 over 4 gives i itself, the fraction is 0, the weights
 * are 0, 1, 0, 0 and the products exact: no branch is needed.
 */
record PositionGraph(Scope scope, int g, int dim) {
    /** The cubic convolution coefficient. */
    private static final double A = -0.75;

    /**
     * The embedding's patch rows at [h, w].
     *
     * @param table [1, g*g, D]
     * @param grid int64 [h, w]
     * @return [1, h*w, D]
     */
    Value at(Value table, Value grid) {
        Value h = element(grid, 0);
        Value w = element(grid, 1);
        Graph graph = scope.graph();
        Value learnt = scope.op("And", List.of(equal(h, graph.whole(g)), equal(w, graph.whole(g))));
        Value tableRows = scope.reshape(table, g, (long) g * dim);
        Value tall = scope.reshape(scope.matMul(matrix(h, learnt), tableRows), -1, g, dim);
        Value whole = scope.matMul(matrix(w, learnt), tall);
        return scope.reshape(whole, 1, -1, dim);
    }

    /** [size, g]: row i holds the weights with which output i reads the learnt positions. */
    private Value matrix(Value size, Value learnt) {
        Graph graph = scope.graph();
        Value a = where(learnt, graph.whole(2), graph.whole(10L * g));
        Value b = where(learnt, graph.whole(2), scope.add(scope.mul(size, graph.whole(10)), graph.whole(1)));
        Value i = scope.reshape(scope.op("Range", List.of(graph.whole(0), size, graph.whole(1))), -1, 1, 1);
        Value odd = scope.add(scope.mul(i, graph.whole(2)), graph.whole(1));
        Value numerator = scope.add(scope.mul(odd, a), b);
        Value denominator = scope.mul(b, graph.whole(2));
        // Both are positive (the -1 of the formula comes later), so truncation is the floor.
        Value quotient = scope.div(numerator, denominator);
        Value remainder = scope.sub(numerator, scope.mul(quotient, denominator));
        Value fraction = scope.div(scope.toFloat(remainder), scope.toFloat(denominator));

        Value taps = scope.reshape(graph.vector(-2, -1, 0, 1), 1, 1, 4);
        Value index = scope.op("Clip", List.of(scope.add(quotient, taps), graph.whole(0), graph.whole(g - 1L)));
        Value offsets = scope.toFloat(scope.reshape(graph.vector(-1, 0, 1, 2), 1, 1, 4));
        Value weights = cubic(scope.op("Abs", List.of(scope.sub(offsets, fraction))));

        // Taps beyond the edge read the edge, so several may meet in one column: they are added.
        Value columns = scope.reshape(scope.op("Range", List.of(graph.whole(0), graph.whole(g), graph.whole(1))), 1,
                -1, 1);
        Value here = scope.toFloat(equal(index, columns));
        return scope.op("ReduceSum", List.of(scope.mul(here, weights), graph.vector(2)), Attribute.of("keepdims", 0));
    }

    /** Cubic convolution at a distance d: (A+2) d^3 - (A+3) d^2 + 1 below 1, A (d - 1) (d - 2)^2 from 1 to 2. */
    private Value cubic(Value d) {
        Graph graph = scope.graph();
        Value slope = scope.sub(scope.mul(d, graph.real(A + 2)), graph.real(A + 3));
        Value near = scope.add(scope.mul(scope.mul(slope, d), d), graph.real(1));
        Value beyond = scope.sub(d, graph.real(2));
        Value far = scope.mul(scope.mul(scope.sub(d, graph.real(1)), graph.real(A)), scope.mul(beyond, beyond));
        return where(scope.op("Less", List.of(d, graph.real(1))), near, far);
    }

    private Value element(Value vector, long place) {
        return scope.op("Gather", List.of(vector, scope.graph().whole(place)), Attribute.of("axis", 0));
    }

    private Value equal(Value a, Value b) {
        return scope.op("Equal", List.of(a, b));
    }

    private Value where(Value condition, Value yes, Value no) {
        return scope.op("Where", List.of(condition, yes, no));
    }
}
