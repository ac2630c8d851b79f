package dev.fathom.models.onnx;

import java.util.Arrays;
import java.util.List;

/** A constant setting of a node: ONNX's AttributeProto, the four kinds that are needed here. */
sealed interface Attribute {
    String name();

    /** An int. */
    record Whole(String name, long value) implements Attribute {
    }

    /** A list of ints. */
    record Wholes(String name, List<Long> values) implements Attribute {
    }

    /** A float. */
    record Real(String name, float value) implements Attribute {
    }

    /** A string. */
    record Text(String name, String value) implements Attribute {
    }

    static Attribute of(String name, long value) {
        return new Whole(name, value);
    }

    static Attribute of(String name, String value) {
        return new Text(name, value);
    }

    static Attribute ofFloat(String name, double value) {
        return new Real(name, (float) value);
    }

    static Attribute ofList(String name, long... values) {
        return new Wholes(name, Arrays.stream(values).boxed().toList());
    }
}
