package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** All rows of the conformance suite. A family of operations is a class with a list; add a row to the list it fits. */
public final class OpSpecs {
    private OpSpecs() {
    }

    /** Every row. */
    public static List<OpSpec> rows() {
        List<OpSpec> rows = new ArrayList<>();
        rows.addAll(ElementwiseRows.ROWS);
        rows.addAll(LossRows.ROWS);
        rows.addAll(MoveRows.ROWS);
        rows.addAll(NormRows.ROWS);
        rows.addAll(OptimiserRows.ROWS);
        rows.addAll(ProductRows.ROWS);
        rows.addAll(ResizeRows.ROWS);
        rows.addAll(UnaryRows.ROWS);
        Set<String> names = new HashSet<>();
        for (OpSpec row : rows) {
            if (!names.add(row.name())) {
                throw new IllegalStateException("two rows are named " + row.name());
            }
        }
        return rows;
    }

    /** The rows of operations that take 16-bit inputs, with such inputs: {@code linear@float16}. */
    public static List<OpSpec> rows(DType half) {
        return rows().stream().map(row -> row.inHalf(half)).filter(Objects::nonNull).toList();
    }
}
