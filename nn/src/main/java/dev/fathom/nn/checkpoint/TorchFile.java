package dev.fathom.nn.checkpoint;

import java.nio.file.Path;
import java.util.Map;
import java.util.SequencedMap;

/** A file from {@code torch.save}, of either container. */
public final class TorchFile implements CheckpointFile {
    private final MappedFile file;
    private final CheckpointFormat format;
    private final TorchTree tree;

    TorchFile(MappedFile file, CheckpointFormat format, TorchTree tree) {
        this.file = file;
        this.format = format;
        this.tree = tree;
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public CheckpointFormat format() {
        return format;
    }

    @Override
    public SequencedMap<String, CheckpointTensor> tensors() {
        return tree.tensors();
    }

    /**
     * The strings, numbers and booleans under the file's dicts, for example {@code epoch}, {@code
     * previous_best.abs_rel}.
     */
    @Override
    public Map<String, String> metadata() {
        return tree.metadata();
    }

    /**
     * Everything that was saved: unmodifiable maps (keys String or Long), lists, strings, numbers, booleans, nulls and
     * {@link CheckpointTensor}s, nested as in Python.
     */
    public Object content() {
        return tree.content();
    }

    @Override
    public SequencedMap<String, CheckpointTensor> stateDict() {
        Object inner = tree.content();
        var path = new StringBuilder();
        while (inner instanceof Map<?, ?> dict) {
            String wrapper = StateDicts.WRAPPER_KEYS.stream().filter(key -> dict.get(key) instanceof Map).findFirst()
                    .orElse(null);
            if (wrapper == null) {
                break;
            }
            path.append(wrapper).append('.');
            inner = dict.get(wrapper);
        }
        return StateDicts.withoutWrapperPrefixes(StateDicts.withoutPrefix(tree.tensors(), path.toString()));
    }

    @Override
    public void close() {
        file.close();
    }
}
