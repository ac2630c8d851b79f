package dev.fathom.nn.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/**
 * Writes the pickle of a state dict: an {@code OrderedDict} from names to tensors, in protocol 2 and with the opcodes
 * that {@code torch.save} itself uses for one, so that {@code torch.load(weights_only=True)} takes it. {@link Pickle}
 * is its reader.
 *
 * <p>A tensor is a call of {@code torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad,
 * hooks)}; its storage is a persistent id that names an entry of the zip. Nothing is memoised: names of functions
 * repeat, which costs some hundred bytes a tensor and keeps the stream readable.
 */
final class PickleWriter {
    private static final int PROTOCOL = 2;
    private static final int BYTE = 1 << 8;
    private static final int SHORT = 1 << 16;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private PickleWriter() {
    }

    /** The pickle; tensor number i lies in storage {@code i}. */
    static byte[] stateDict(Collection<CheckpointTensor> tensors) {
        var writer = new PickleWriter();
        writer.out.write(0x80);
        writer.out.write(PROTOCOL);
        writer.orderedDict();
        writer.out.write('(');
        int storage = 0;
        for (CheckpointTensor tensor : tensors) {
            writer.text(tensor.name());
            writer.tensor(tensor, Integer.toString(storage++));
        }
        writer.out.write('u');
        writer.out.write('.');
        return writer.out.toByteArray();
    }

    private void tensor(CheckpointTensor tensor, String storage) {
        global("torch._utils", "_rebuild_tensor_v2");
        out.write('(');
        storage(tensor, storage);
        integer(0);
        int rank = tensor.shape().rank();
        long[] sizes = new long[rank];
        long[] strides = new long[rank];
        long stride = 1;
        for (int i = rank - 1; i >= 0; i--) {
            sizes[i] = tensor.shape().dim(i);
            strides[i] = stride;
            stride *= Math.max(1, sizes[i]);
        }
        tuple(sizes);
        tuple(strides);
        out.write(0x89); // requires_grad = False
        orderedDict(); // backward hooks
        out.write('t');
        out.write('R');
    }

    /** ("storage", its class, its key, where it was, how many elements), as a persistent id. */
    private void storage(CheckpointTensor tensor, String key) {
        out.write('(');
        text("storage");
        global("torch", TorchGlobals.storageClass(tensor.dtype()));
        text(key);
        text("cpu");
        integer(tensor.shape().numel());
        out.write('t');
        out.write('Q');
    }

    private void orderedDict() {
        global("collections", "OrderedDict");
        out.write(')');
        out.write('R');
    }

    private void global(String module, String name) {
        out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void text(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        little(Integer.BYTES, bytes.length);
        out.writeBytes(bytes);
    }

    private void tuple(long[] items) {
        if (items.length == 0) {
            out.write(')');
            return;
        }
        if (items.length > 3) {
            out.write('(');
        }
        for (long item : items) {
            integer(item);
        }
        out.write(items.length > 3 ? 't' : 0x84 + items.length);
    }

    /** A number that is not negative, in the shortest of the four forms. */
    private void integer(long value) {
        if (value < BYTE) {
            out.write('K');
            little(1, value);
        } else if (value < SHORT) {
            out.write('M');
            little(Short.BYTES, value);
        } else if (value <= Integer.MAX_VALUE) {
            out.write('J');
            little(Integer.BYTES, value);
        } else {
            out.write(0x8a);
            out.write(Long.BYTES);
            little(Long.BYTES, value);
        }
    }

    private void little(int bytes, long value) {
        out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array(), 0, bytes);
    }
}
