package dev.fathom.nn.checkpoint;

import dev.fathom.engine.DType;

/**
 * The flat array behind one or more tensors of a PyTorch file, as the pickle describes it.
 *
 * @param key    names its bytes in the file
 * @param numel  elements that the pickle says it has
 * @param offset first element, not 0 only for storages that a legacy file describes as a part of another one
 */
record TorchStorage(DType dtype, String key, long numel, long offset) {

    /**
     * A tensor over a storage, as {@code torch._utils._rebuild_tensor_v2} gets it: sizes, strides and offset in
     * elements.
     */
    record View(TorchStorage storage, long offset, long[] size, long[] stride) {
    }
}
