package dev.fathom.nn.checkpoint;

import dev.fathom.engine.DType;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.Pickle.Global;
import dev.fathom.nn.checkpoint.Pickle.Tuple;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The closed list of names that a weights file may mention, and what they stand for. */
final class TorchGlobals {
    /** {@code torch.FloatStorage} and its siblings: the element type in a storage's persistent id. Never called. */
    record StorageClass(DType dtype) implements Global {
        @Override
        public Object call(Tuple arguments, String where) {
            throw new CheckpointException(
                    where + " makes a storage of its own; expected storages to come from the file's data:"
                    + " save it again with torch.save(model.state_dict(), path).");
        }
    }

    private static final Map<String, Global> KNOWN = Map.ofEntries(
            Map.entry("collections.OrderedDict", TorchGlobals::orderedDict),
            Map.entry("torch._utils._rebuild_tensor", TorchGlobals::tensor),
            Map.entry("torch._utils._rebuild_tensor_v2", TorchGlobals::tensor),
            Map.entry("torch._utils._rebuild_parameter", TorchGlobals::parameter),
            Map.entry("torch.Size", TorchGlobals::size),
            Map.entry("torch.DoubleStorage", new StorageClass(DType.F64)),
            Map.entry("torch.FloatStorage", new StorageClass(DType.F32)),
            Map.entry("torch.HalfStorage", new StorageClass(DType.F16)),
            Map.entry("torch.BFloat16Storage", new StorageClass(DType.BF16)),
            Map.entry("torch.LongStorage", new StorageClass(DType.I64)),
            Map.entry("torch.IntStorage", new StorageClass(DType.I32)),
            Map.entry("torch.ShortStorage", new StorageClass(DType.I16)),
            Map.entry("torch.CharStorage", new StorageClass(DType.I8)),
            Map.entry("torch.ByteStorage", new StorageClass(DType.U8)),
            Map.entry("torch.BoolStorage", new StorageClass(DType.BOOL)));

    /** Modules that a weights file has no honest reason to name: they reach the system or run text as code. */
    private static final Set<String> HOSTILE_MODULES = Set.of("os", "posix", "nt", "sys", "subprocess", "builtins",
            "__builtin__", "shutil", "socket", "importlib", "runpy", "ctypes", "pty", "commands", "webbrowser",
            "pickle");

    private TorchGlobals() {
    }

    /** Looks a name up; what is not in the list is refused with a sentence that names it. */
    static Global find(String module, String name, String where) {
        Global known = KNOWN.get(module + "." + name);
        if (known != null) {
            return known;
        }
        if (HOSTILE_MODULES.contains(module.split("\\.", 2)[0])) {
            throw new CheckpointException(where + " asks to run " + module + "." + name
                    + "; expected tensors, dicts, lists, strings and numbers only: nothing was run,"
                    + " do not load this file anywhere.");
        }
        throw new CheckpointException(where + " holds a Python object of " + module + "." + name
                + "; expected a plain state dict: save it again with torch.save(model.state_dict(), path).");
    }

    /** The name in module {@code torch} of the storages with elements of {@code dtype}. */
    static String storageClass(DType dtype) {
        return KNOWN.entrySet().stream()
                .filter(e -> e.getValue() instanceof StorageClass storage && storage.dtype() == dtype)
                .map(e -> e.getKey().substring("torch.".length())).findFirst()
                .orElseThrow(() -> new CheckpointException(
                        "PyTorch has no storage for " + dtype + "; expected another dtype: convert the tensor first."));
    }

    private static Object orderedDict(Tuple arguments, String where) {
        var dict = new LinkedHashMap<Object, Object>();
        if (arguments.size() == 1 && arguments.get(0) instanceof List<?> pairs) {
            for (Object pair : pairs) {
                List<?> entry = pair instanceof Tuple t ? t.items() : pair instanceof List<?> l ? l : List.of();
                if (entry.size() != 2 || !(entry.getFirst() instanceof String || entry.getFirst() instanceof Long)) {
                    throw malformed("OrderedDict", where);
                }
                dict.put(entry.getFirst(), entry.getLast());
            }
        } else if (arguments.size() != 0) {
            throw malformed("OrderedDict", where);
        }
        return dict;
    }

    /** (storage, offset, size, stride, then requires_grad, hooks and metadata, which weights do not need). */
    private static Object tensor(Tuple arguments, String where) {
        if (arguments.size() < 4 || arguments.size() > 7 || !(arguments.get(0) instanceof TorchStorage storage)
                || !(arguments.get(1) instanceof Long offset)) {
            throw malformed("tensor", where);
        }
        return new TorchStorage.View(storage, offset, longs(arguments.get(2), where), longs(arguments.get(3), where));
    }

    private static long[] longs(Object value, String where) {
        if (!(value instanceof Tuple tuple) || !tuple.items().stream().allMatch(Long.class::isInstance)) {
            throw malformed("tensor", where);
        }
        return tuple.items().stream().mapToLong(Long.class::cast).toArray();
    }

    private static Object parameter(Tuple arguments, String where) {
        if (arguments.size() != 3 || !(arguments.get(0) instanceof TorchStorage.View data)) {
            throw malformed("parameter", where);
        }
        return data;
    }

    private static Object size(Tuple arguments, String where) {
        if (arguments.size() != 1 || !(arguments.get(0) instanceof Tuple sizes)) {
            throw malformed("torch.Size", where);
        }
        return sizes;
    }

    /**
     * A storage from its persistent id: ("storage", class, key, location, numel) and, in legacy files, (key, offset,
     * numel) of the part that this storage is of the one in the file, or None.
     */
    static TorchStorage storage(Tuple id, String where) {
        if (id.size() < 5 || id.size() > 6 || !"storage".equals(id.get(0)) || !(id.get(1) instanceof StorageClass type)
                || !(id.get(2) instanceof String key) || !(id.get(4) instanceof Long numel) || numel < 0) {
            throw malformed("storage", where);
        }
        if (id.size() == 5 || id.get(5) == null) {
            return new TorchStorage(type.dtype(), key, numel, 0);
        }
        if (!(id.get(5) instanceof Tuple view) || view.size() != 3 || !(view.get(1) instanceof Long offset)
                || !(view.get(2) instanceof Long part) || offset < 0 || part < 0 || part > numel - offset) {
            throw malformed("storage", where);
        }
        return new TorchStorage(type.dtype(), key, numel, offset);
    }

    private static CheckpointException malformed(String what, String where) {
        return new CheckpointException(where + " describes a " + what
                + " in a form that PyTorch does not write; expected a file" + " from torch.save: get it again.");
    }
}
