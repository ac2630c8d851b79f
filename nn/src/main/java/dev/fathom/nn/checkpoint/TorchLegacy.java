package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The container of {@code torch.save} before PyTorch 1.6 ({@code _use_new_zipfile_serialization=False}): five pickles
 * one after the other, a magic number, the protocol version, facts on the machine, the saved object and the list of
 * storage keys; then, for each key, an int64 with the number of elements and the elements. See {@code _legacy_save}
 * in torch/serialization.py.
 */
final class TorchLegacy {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL = 1001;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The names of data, and what the persistent ids said about each storage, which lies behind the last pickle. */
    private static final class Environment implements Pickle.Environment {
        private final Map<String, TorchStorage> declared = new HashMap<>();

        @Override
        public Pickle.Global global(String module, String name, String where) {
            return TorchGlobals.find(module, name, where);
        }

        @Override
        public Object persistent(Pickle.Tuple id, String where) {
            TorchStorage storage = TorchGlobals.storage(id, where);
            TorchStorage first = declared.putIfAbsent(storage.key(), storage);
            if (first != null && (first.dtype() != storage.dtype() || first.numel() != storage.numel())) {
                throw new CheckpointException(where + " describes storage '" + storage.key()
                        + "' twice and differently;" + " expected one description: the file is damaged, get it again.");
            }
            return storage;
        }
    }

    private TorchLegacy() {
    }

    static TorchFile read(MappedFile file) {
        var environment = new Environment();
        var magic = new Pickle(file.bytes(), 0, file.path() + ", first pickle", environment);
        if (!MAGIC.equals(magic.read())) {
            throw new CheckpointException(
                    file.path() + " is a pickle but not from torch.save; expected PyTorch's magic number:"
                    + " save it with torch.save(model.state_dict(), path).");
        }
        var version = new Pickle(file.bytes(), magic.end(), file.path() + ", version pickle", environment);
        if (!Long.valueOf(PROTOCOL).equals(version.read())) {
            throw new CheckpointException(file.path() + " is of another legacy protocol; expected " + PROTOCOL
                    + ": save it again with a recent PyTorch.");
        }
        var machine = new Pickle(file.bytes(), version.end(), file.path() + ", system pickle", environment);
        if (!(machine.read() instanceof Map<?, ?> facts) || !Boolean.TRUE.equals(facts.get("little_endian"))) {
            throw new CheckpointException(
                    file.path() + " was written on a big-endian machine; expected little-endian data:"
                    + " save it again on a usual machine.");
        }
        var object = new Pickle(file.bytes(), machine.end(), file.path() + ", object pickle", environment);
        Object root = object.read();
        var keys = new Pickle(file.bytes(), object.end(), file.path() + ", key pickle", environment);
        if (!(keys.read() instanceof List<?> order)) {
            throw new CheckpointException(
                    file.path() + " lacks the list of its storages; expected one behind the saved object:"
                    + " the file is damaged, get it again.");
        }
        Map<String, MemorySegment> storages = storages(file, keys.end(), order, environment.declared);
        return new TorchFile(file, CheckpointFormat.TORCH_LEGACY, new TorchTree(file, root, (storage, where) -> {
            MemorySegment bytes = storages.get(storage.key());
            if (bytes == null) {
                throw new CheckpointException(where + " needs storage '" + storage.key()
                        + "', which the file lacks; expected its data: the file is damaged, get it again.");
            }
            return new TorchTree.StorageBytes(bytes, () -> { });
        }), Map.of());
    }

    private static Map<String, MemorySegment> storages(MappedFile file, long start, List<?> order,
            Map<String, TorchStorage> declared) {
        var storages = new HashMap<String, MemorySegment>();
        long at = start;
        for (Object key : order) {
            TorchStorage storage = key instanceof String ? declared.get(key) : null;
            String where = file.path() + ", storage '" + key + "', byte " + at + ",";
            if (storage == null || storages.containsKey(key)) {
                throw new CheckpointException(
                        where + " belongs to no tensor; expected the storages of the saved object, each once:"
                        + " the file is damaged, get it again.");
            }
            long left = file.bytes().byteSize() - at - Long.BYTES;
            long numel = left < 0 ? -1 : file.bytes().get(LONG, at);
            long most = left / storage.dtype().bytes();
            if (numel < 0 || numel > most) {
                throw new CheckpointException(where + " is cut off, " + storage.numel()
                        + " elements were announced and "
                        + Math.max(0, most) + " are there; expected all of them: the file is cut off, get it again.");
            }
            if (numel != storage.numel()) {
                throw new CheckpointException(where + " has " + numel + " elements where its tensors expect "
                        + storage.numel() + "; expected the same number: the file is damaged, get it again.");
            }
            storages.put(storage.key(), file.bytes().asSlice(at + Long.BYTES, numel * storage.dtype().bytes()));
            at += Long.BYTES + numel * storage.dtype().bytes();
        }
        return storages;
    }
}
