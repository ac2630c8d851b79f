package dev.fathom.engine.autograd;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Gradients by leaf: what {@link Backward} returns. They belong to the scope in which backward was called. */
public final class Gradients {
    private final Map<Tensor, Tensor> byLeaf = new IdentityHashMap<>();

    Gradients() {
    }

    /**
     * The gradient of a leaf, of its shape; null if the loss does not depend on it (PyTorch's {@code grad is None}).
     */
    public Tensor of(Tensor leaf) {
        return byLeaf.get(leaf);
    }

    public int size() {
        return byLeaf.size();
    }

    public void forEach(Consumer<Tensor> action) {
        byLeaf.values().forEach(action);
    }

    /** Moves all of them to the parent of a scope that is about to close. */
    public Gradients keepIn(MemoryScope scope) {
        byLeaf.values().forEach(scope::keep);
        return this;
    }

    void put(Tensor leaf, Tensor gradient) {
        byLeaf.put(leaf, gradient);
    }
}
