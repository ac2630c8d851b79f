package dev.fathom.nn.checkpoint;

import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What came out of a pickle, made safe to use: every tensor is checked against its storage and named by its path,
 * scalars under dicts become metadata, and the containers are copied, so that a pickle whose lists contain
 * themselves, or each other many times over, is noticed here.
 */
final class TorchTree {
    /** The bytes of a storage in the file, with a check of them that is run before their first use. */
    record StorageBytes(MemorySegment bytes, Runnable check) {
    }

    /** Finds the bytes of a storage; {@code where} begins the sentence of a refusal. */
    interface Storages {
        StorageBytes locate(TorchStorage storage, String where);
    }

    private static final int MAX_DEPTH = 100;
    private static final long MAX_VALUES = 1_000_000;
    private static final int MAX_EXPANSION = 16;

    private final Path path;
    private final long fileBytes;
    private final Storages storages;
    private final SequencedMap<String, CheckpointTensor> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Object content;
    private long values;

    TorchTree(MappedFile file, Object root, Storages storages) {
        this.path = file.path();
        this.fileBytes = file.bytes().byteSize();
        this.storages = storages;
        this.content = walk(root, "", 0, true);
    }

    SequencedMap<String, CheckpointTensor> tensors() {
        return Collections.unmodifiableSequencedMap(tensors);
    }

    Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /**
     * Maps, lists, strings, numbers, booleans, nulls and {@link CheckpointTensor}s, nested as in the file;
     * unmodifiable.
     */
    Object content() {
        return content;
    }

    private Object walk(Object value, String name, int depth, boolean underDicts) {
        if (depth > MAX_DEPTH || ++values > MAX_VALUES) {
            throw new CheckpointException(path + ", '" + name + "', nests deeper than " + MAX_DEPTH
                    + " levels or holds more than "
                    + MAX_VALUES + " values; expected a state dict: the file is damaged or made to exhaust memory.");
        }
        return switch (value) {
            case Map<?, ?> dict -> {
                var copy = new LinkedHashMap<Object, Object>();
                dict.forEach((key, item) -> copy.put(key, walk(item, join(name, key), depth + 1, underDicts)));
                yield Collections.unmodifiableMap(copy);
            }
            case List<?> list -> sequence(list, name, depth);
            case Pickle.Tuple tuple -> sequence(tuple.items(), name, depth);
            case TorchStorage.View view -> {
                CheckpointTensor tensor = tensor(view, name.isEmpty() ? "tensor" : name);
                if (tensors.put(tensor.name(), tensor) != null) {
                    throw new CheckpointException(path + " holds two tensors named '" + tensor.name()
                            + "'; expected distinct names: save the state dict alone.");
                }
                yield tensor;
            }
            case String s -> scalar(name, s, underDicts);
            case Long i -> scalar(name, i, underDicts);
            case BigInteger i -> scalar(name, i, underDicts);
            case Double d -> scalar(name, d, underDicts);
            case Boolean b -> scalar(name, b, underDicts);
            case null -> null;
            default -> throw new CheckpointException(path + ", '" + name + "', is a "
                    + value.getClass().getSimpleName() + " by itself; expected tensors, containers, strings, numbers:"
                    + " save it again with torch.save(model.state_dict(), path).");
        };
    }

    private List<Object> sequence(List<?> items, String name, int depth) {
        var copy = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            copy.add(walk(items.get(i), join(name, i), depth + 1, false));
        }
        return Collections.unmodifiableList(copy);
    }

    private Object scalar(String name, Object value, boolean underDicts) {
        if (underDicts) {
            metadata.put(name, value.toString());
        }
        return value;
    }

    private static String join(String prefix, Object key) {
        return prefix.isEmpty() ? key.toString() : prefix + "." + key;
    }

    private CheckpointTensor tensor(TorchStorage.View view, String name) {
        TorchStorage storage = view.storage();
        String where = path + ", tensor '" + name + "',";
        var strided = new StridedView(storage.offset() + view.offset(), view.size(), view.stride());
        if (!strided.fits(storage.numel())) {
            throw new CheckpointException(where + " has size " + Arrays.toString(view.size()) + ", strides "
                    + Arrays.toString(view.stride()) + " and offset " + view.offset() + " over a storage of "
                    + storage.numel() + " elements; expected it inside: the file is damaged, get it again.");
        }
        int elementBytes = storage.dtype().bytes();
        long numel = strided.numel();
        if (numel > (Long.MAX_VALUE >> 4) / elementBytes || numel * elementBytes > MAX_EXPANSION * fileBytes) {
            throw new CheckpointException(where + " repeats its storage to " + numel + " elements; expected at most "
                    + MAX_EXPANSION + " times the file's size: save it with .contiguous().");
        }
        StorageBytes bytes = storages.locate(storage, where);
        Shape shape = Shape.of(Arrays.stream(view.size()).mapToInt(Math::toIntExact).toArray());
        if (strided.isContiguous()) {
            MemorySegment data = bytes.bytes().asSlice(numel == 0 ? 0 : strided.offset() * elementBytes,
                    numel * elementBytes);
            return new CheckpointTensor(name, storage.dtype(), shape, arena -> {
                bytes.check().run();
                return data;
            });
        }
        return new CheckpointTensor(name, storage.dtype(), shape, arena -> {
            bytes.check().run();
            MemorySegment data = arena.allocate(Math.max(1, numel * elementBytes), 64).asSlice(0, numel * elementBytes);
            strided.gather(bytes.bytes(), elementBytes, data);
            return data;
        });
    }
}
