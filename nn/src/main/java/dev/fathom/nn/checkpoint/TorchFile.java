package dev.fathom.nn.checkpoint;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** A file from {@code torch.save}, of either container. */
public final class TorchFile implements CheckpointFile {
    private final MappedFile file;
    private final CheckpointFormat format;
    private final TorchTree tree;
    private final Map<String, String> metadata;

    /** @param besides metadata that the container holds beside the pickle */
    TorchFile(MappedFile file, CheckpointFormat format, TorchTree tree, Map<String, String> besides) {
        this.file = file;
        this.format = format;
        this.tree = tree;
        var all = new LinkedHashMap<>(tree.metadata());
        all.putAll(besides);
        this.metadata = Collections.unmodifiableMap(all);
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
     * previous_best.abs_rel}; in files that Fathom wrote, also what it put beside the state dict.
     */
    @Override
    public Map<String, String> metadata() {
        return metadata;
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
    public boolean verify() {
        if (format != CheckpointFormat.TORCH_ZIP) {
            return false;
        }
        for (CheckpointTensor tensor : tensors().values()) {
            try (Arena arena = Arena.ofConfined()) {
                tensor.data(arena); // Fetching compares the storage with the zip's checksum of its entry.
            }
        }
        return true;
    }

    @Override
    public void close() {
        file.close();
    }
}
