package dev.fathom.nn;

import dev.fathom.engine.Tensor;

/** A window for tests: gives a parameter a value of any dtype on any device, which no user may. */
public final class ParameterValues {
    private ParameterValues() {
    }

    /** Returns the leaf that the module will use. */
    public static Tensor set(Parameter parameter, Tensor value) {
        parameter.adopt(value);
        return parameter.tensor();
    }
}
