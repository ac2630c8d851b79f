package dev.fathom.nn.checkpoint;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.CheckpointException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The container of {@code torch.save} since PyTorch 1.6: a zip with {@code ROOT/data.pkl}, one {@code ROOT/data/KEY}
 * a storage, {@code ROOT/version} and, since 2.1, {@code ROOT/byteorder}. ROOT is the file's name when it was saved.
 * Entries are stored, not compressed, so tensors are mapped straight from the file.
 */
final class TorchZip {
    private static final String PICKLE = "data.pkl";

    private TorchZip() {
    }

    static TorchFile read(MappedFile file) {
        ZipDirectory zip = ZipDirectory.read(file);
        String root = root(zip, file);
        checkByteOrder(zip, root, file);
        ZipDirectory.Entry pickle = zip.entry(root + PICKLE);
        pickle.verify();
        var located = new HashMap<String, TorchTree.StorageBytes>();
        Object content = new Pickle(pickle.bytes(), 0, file.path() + ", " + PICKLE, new Pickle.Environment() {
            @Override
            public Pickle.Global global(String module, String name, String where) {
                return TorchGlobals.find(module, name, where);
            }

            @Override
            public Object persistent(Pickle.Tuple id, String where) {
                return TorchGlobals.storage(id, where);
            }
        }).read();
        return new TorchFile(file, CheckpointFormat.TORCH_ZIP, new TorchTree(file, content,
                (storage, where) -> locate(zip, root, storage, where, located)), metadata(zip, root, file));
    }

    /** What {@link TorchWriter} put beside the state dict; nothing in files of PyTorch's own. */
    private static Map<String, String> metadata(ZipDirectory zip, String root, MappedFile file) {
        ZipDirectory.Entry entry = zip.entry(root + TorchWriter.METADATA);
        if (entry == null) {
            return Map.of();
        }
        entry.verify();
        try {
            return new ObjectMapper().readValue(entry.bytes().toArray(ValueLayout.JAVA_BYTE),
                    new TypeReference<LinkedHashMap<String, String>>() { });
        } catch (IOException e) {
            throw new CheckpointException(file.path() + ", " + TorchWriter.METADATA
                    + " is not a JSON object of strings; expected what Fathom writes there: the file was altered,"
                    + " get it again.", e);
        }
    }

    private static TorchTree.StorageBytes locate(ZipDirectory zip, String root, TorchStorage storage, String where,
            Map<String, TorchTree.StorageBytes> located) {
        ZipDirectory.Entry entry = zip.entry(root + "data/" + storage.key());
        if (entry == null) {
            throw new CheckpointException(where + " needs storage '" + storage.key()
                    + "', which the file lacks; expected its data: the file is damaged, get it again.");
        }
        long expected = storage.numel() > Long.MAX_VALUE / 8 ? -1 : storage.numel() * storage.dtype().bytes();
        if (entry.bytes().byteSize() != expected) {
            throw new CheckpointException(where + " needs storage '" + storage.key() + "' of " + storage.numel() + " "
                    + storage.dtype() + ", which has " + entry.bytes().byteSize()
                    + " bytes; expected the size to match: the file is damaged, get it again.");
        }
        return located.computeIfAbsent(storage.key(), key -> new TorchTree.StorageBytes(entry.bytes(), entry::verify));
    }

    private static String root(ZipDirectory zip, MappedFile file) {
        List<String> pickles = zip.names().stream().filter(name -> name.equals(PICKLE)
                || name.endsWith("/" + PICKLE) && name.indexOf('/') == name.length() - PICKLE.length() - 1).toList();
        if (pickles.size() == 1) {
            String name = pickles.getFirst();
            return name.substring(0, name.length() - PICKLE.length());
        }
        if (zip.names().stream().anyMatch(name -> name.endsWith("constants.pkl"))) {
            throw new CheckpointException(file.path() + " is a TorchScript archive; expected a state dict:"
                    + " save it again with torch.save(model.state_dict(), path).");
        }
        throw new CheckpointException(file.path() + " is a zip with " + pickles.size()
                + " data.pkl; expected exactly one, as torch.save writes: check that it is a PyTorch file.");
    }

    private static void checkByteOrder(ZipDirectory zip, String root, MappedFile file) {
        ZipDirectory.Entry order = zip.entry(root + "byteorder");
        if (order == null) {
            return;
        }
        MemorySegment bytes = order.bytes();
        String text = bytes.byteSize() > 16 ? "?" : new String(bytes.toArray(ValueLayout.JAVA_BYTE),
                StandardCharsets.US_ASCII);
        if (!text.equals("little")) {
            throw new CheckpointException(file.path() + " has byte order '" + text
                    + "'; expected little: save it again on a usual machine.");
        }
    }
}
