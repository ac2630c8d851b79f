package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/** The kinds of weights files, recognised by what they begin with and never by their names. */
public enum CheckpointFormat {
    /** {@code torch.save} since PyTorch 1.6: a zip of stored entries, one of them a pickle. */
    TORCH_ZIP("PyTorch zip"),
    /** {@code torch.save} before: five pickles, then the storages. Read only. */
    TORCH_LEGACY("PyTorch legacy"),
    /** Hugging Face safetensors: a JSON header, then the data. */
    SAFETENSORS("safetensors"),
    /** HDF5, one data set a tensor. */
    HDF5("HDF5");

    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final byte[] HDF5_SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    private static final int PICKLE_PROTO = 0x80;

    private final String label;

    CheckpointFormat(String label) {
        this.label = label;
    }

    /** A name for people, for example {@code PyTorch zip}. */
    public String label() {
        return label;
    }

    /** The format to write for a file name: {@code .safetensors}, {@code .pth}, {@code .pt}, {@code .h5} or {@code .hdf5}. */
    public static CheckpointFormat forWriting(Path path) {
        String name = path.getFileName() == null ? "" : path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".safetensors")) {
            return SAFETENSORS;
        }
        if (name.endsWith(".pth") || name.endsWith(".pt")) {
            return TORCH_ZIP;
        }
        if (name.endsWith(".h5") || name.endsWith(".hdf5")) {
            return HDF5;
        }
        throw new CheckpointException(
                path + " names no format that can be written; expected a name that ends in .safetensors,"
                + " .pth, .pt, .h5 or .hdf5: choose one of these.");
    }

    static CheckpointFormat recognise(MemorySegment file, Path path) {
        if (file.byteSize() == 0) {
            throw new CheckpointException(path + " is empty; expected a weights file: download or copy it again.");
        }
        if (startsWith(file, 0, ZIP)) {
            return TORCH_ZIP;
        }
        // The superblock may stand behind a user block of 512 bytes or any power of two above.
        for (long at = 0; at < file.byteSize(); at = at == 0 ? 512 : at * 2) {
            if (startsWith(file, at, HDF5_SIGNATURE)) {
                return HDF5;
            }
        }
        if (file.byteSize() > 8 && file.get(ValueLayout.JAVA_BYTE, 8) == '{') {
            return SAFETENSORS;
        }
        if ((file.get(ValueLayout.JAVA_BYTE, 0) & 0xff) == PICKLE_PROTO) {
            return TORCH_LEGACY;
        }
        throw new CheckpointException(path + " is not a weights file, it begins with " + beginning(file)
                + "; expected PyTorch (.pth), safetensors or HDF5: " + advice(file));
    }

    private static boolean startsWith(MemorySegment file, long at, byte[] signature) {
        return file.byteSize() - at >= signature.length
                && MemorySegment.mismatch(file, at, at + signature.length, MemorySegment.ofArray(signature), 0,
                        signature.length) < 0;
    }

    private static String beginning(MemorySegment file) {
        byte[] head = file.asSlice(0, Math.min(16, file.byteSize())).toArray(ValueLayout.JAVA_BYTE);
        boolean text = true;
        for (byte b : head) {
            text &= b >= ' ' && b < 0x7f;
        }
        return text ? "'" + new String(head, StandardCharsets.US_ASCII) + "'" : "bytes "
                + HexFormat.of().formatHex(head);
    }

    /** A failed download is the usual reason, and it can be told apart. */
    private static String advice(MemorySegment file) {
        byte[] head = file.asSlice(0, Math.min(64, file.byteSize())).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(head, StandardCharsets.ISO_8859_1).strip().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs")) {
            return "this is a Git LFS pointer, fetch the file itself with git lfs pull.";
        }
        if (text.startsWith("<")) {
            return "this is a web page, download the file itself.";
        }
        boolean zeros = true;
        for (byte b : Arrays.copyOf(head, Math.min(16, head.length))) {
            zeros &= b == 0;
        }
        return zeros ? "the download did not finish, get it again." : "check the path.";
    }
}
