package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import java.util.List;

/** Functions of one element, or of two that broadcasting brings together. */
final class ElementwiseRows {
    static final List<OpSpec> ROWS = List.of(
            row("add", Binary.class, d -> binary(Binary.Kind.ADD, d, -2, 2)),
            row("sub", Binary.class, d -> binary(Binary.Kind.SUB, d, -2, 2)),
            row("mul", Binary.class, d -> binary(Binary.Kind.MUL, d, -2, 2)),
            row("div", Binary.class, d -> binary(Binary.Kind.DIV, d, 0.5, 3)),
            row("add_in_place", AddInPlace.class, d -> {
                Shape s = d.shape(0, 4);
                return Trial.of(new AddInPlace(), d).in(s).in(s).rounded(1);
            }),
            row("affine", Affine.class, d -> Trial.of(new Affine(d.among(1, -1, 0.3, 80, 0), d.among(0, 1, -0.7)), d)
                    .in(d.shape(0, 4))));

    private ElementwiseRows() {
    }

    /** a and b, either of which may be the smaller one. */
    private static Trial binary(Binary.Kind kind, Draw d, double low, double high) {
        Shape big = d.shape(0, 4);
        Shape small = d.broadcastingTo(big);
        boolean swap = d.coin();
        return Trial.of(new Binary(kind), d).in(-2, 2, swap ? small : big).in(low, high, swap ? big : small).rounded(1);
    }
}
