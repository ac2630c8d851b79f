package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.reference.NdArray;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * One operation on tensors: the unit of knowledge of this engine. An implementation is a record whose components are
 * the attributes (eps, stride, ...); its tensors come as arguments.
 *
 * <p>To add an operation: write its record in this package, its kernel in {@code cpu.kernels} with a line in that
 * family's {@code register}, and its row in the conformance suite. A coverage test finds every record here and fails
 * while its kernel or row is missing.
 */
public interface Op {
    /** Lower-case name with underscores, as PyTorch would say it; first word of every error text. */
    String name();

    /**
     * The specs of the outputs for inputs of these specs.
     *
     * @throws dev.fathom.engine.errors.ShapeException or {@link dev.fathom.engine.errors.DTypeException} with the rule
     * that is broken
     */
    List<TensorSpec> infer(List<TensorSpec> in);

    /**
     * The specification: plain loops in float64 that write every element of {@code out} (allocated with the shapes of
     * {@link #infer}). Operations that {@linkplain #mutates() mutate} write into {@code in}.
     */
    void reference(List<NdArray> in, List<NdArray> out);

    /**
     * What it costs at least on inputs and outputs of these specs, for estimates and reports. There is no default: an
     * operation says what it multiplies and what it moves.
     */
    OpCost cost(List<TensorSpec> in, List<TensorSpec> out);

    /** Through which inputs gradients flow. There is no default: an operation says so or says why not. */
    Differentiability differentiability();

    /** What {@link #backward} reads. Anything not named here is free to be recycled before backward runs. */
    default Saves saves() {
        return Saves.NOTHING;
    }

    /**
     * What {@link #backward} reads if gradients flow to some of the inputs alone: beside frozen weights, less than {@link
     * #saves()}.
     *
     * @param flows whether a gradient flows to an input
     */
    default Saves saves(IntPredicate flows) {
        return saves();
    }

    /**
     * Gradients of the inputs, in their order; null where none flows or {@code call.needs(i)} is false.
     * Written in terms of other operations, so that it runs on every backend.
     */
    default Tensor[] backward(BackwardCall call) {
        throw new dev.fathom.engine.errors.MissingGradientException(name() + " has no gradient: " + differentiability()
                .reason());
    }

    /** What mixed precision does to the arguments; most operations take them as they come. */
    default CastRule castRule() {
        return CastRule.AS_IS;
    }

    /** Indices of inputs that are updated in place (optimiser steps). Never recorded by autograd. */
    default int[] mutates() {
        return new int[0];
    }
}
