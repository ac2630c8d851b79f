package dev.fathom.engine.cuda.natives;

import dev.fathom.engine.errors.FathomException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The few parts of a 64-bit ELF library that say which other libraries and symbols it wants, and one edit of them.
 *
 * <p>JCuda's natives want {@code libcublas.so.12}. The library of CUDA 13 offers the same functions under the name
 * {@code libcublas.so.13}, and marks them with that name as their version. So on a machine that has only CUDA 13 a copy
 * is pointed there: the name in the string table of the dynamic linker is changed in place, which needs names of equal
 * length, and with it the hash of the version of the same name. Layout: System V ABI, "Object Files", and the Linux
 * Standard Base, "Symbol Versioning".
 */
public final class ElfFile {
    private static final int SECTION_TABLE = 40;
    private static final int DYNAMIC_SYMBOLS = 11;
    private static final int VERSION_NEEDS = 0x6ffffffe;
    private static final int SYMBOL_SIZE = 24;

    private record Section(String name, int type, int offset, int size, int link, int info) {
    }

    private final String label;
    private final ByteBuffer bytes;
    private final List<Section> sections = new ArrayList<>();

    /**
     * @param label what messages call it
     * @param content the file; not changed
     * @throws FathomException if it is no little-endian 64-bit ELF file
     */
    public ElfFile(String label, byte[] content) {
        this.label = label;
        this.bytes = ByteBuffer.wrap(content.clone()).order(ByteOrder.LITTLE_ENDIAN);
        if (content.length < 64 || bytes.getInt(0) != 0x464c457f || bytes.get(4) != 2 || bytes.get(5) != 1) {
            throw new FathomException(label + " is not a 64-bit ELF library; the jar that it comes from is damaged,"
                + " delete it"
                + " from ~/.m2/repository/org/jcuda and build again.");
        }
        int table = Math.toIntExact(bytes.getLong(SECTION_TABLE));
        int each = bytes.getShort(58);
        int count = bytes.getShort(60);
        int names = sectionOffset(table + each * bytes.getShort(62));
        for (int i = 0; i < count; i++) {
            int at = table + i * each;
            sections.add(new Section(text(names + bytes.getInt(at)), bytes.getInt(at + 4), sectionOffset(at),
                Math.toIntExact(bytes.getLong(at + 32)), bytes.getInt(at + 40), bytes.getInt(at + 44)));
        }
    }

    private int sectionOffset(int header) {
        return Math.toIntExact(bytes.getLong(header + 24));
    }

    /** The symbols that this library takes from others, in the file's order. */
    public List<String> wantedSymbols() {
        List<String> wanted = new ArrayList<>();
        for (Section s : sections) {
            if (s.type == DYNAMIC_SYMBOLS) {
                int strings = sections.get(s.link).offset;
                for (int at = s.offset + SYMBOL_SIZE; at < s.offset + s.size; at += SYMBOL_SIZE) {
                    if (bytes.getShort(at + 6) == 0) {
                        wanted.add(text(strings + bytes.getInt(at)));
                    }
                }
            }
        }
        return wanted;
    }

    /** The names, in the dynamic linker's string table, that end like a library's: {@code libcublas.so.12}. */
    public List<String> libraryNames() {
        Section strings = section(".dynstr");
        List<String> names = new ArrayList<>();
        for (int at = strings.offset; at < strings.offset + strings.size; at += text(at).length() + 1) {
            if (text(at).matches("lib[^/]*\\.so[.0-9]*")) {
                names.add(text(at));
            }
        }
        return names;
    }

    /**
     * A copy that wants {@code now} in place of {@code old}.
     *
     * @throws FathomException if the names differ in length or {@code old} is not wanted
     */
    public byte[] pointedTo(String old, String now) {
        if (old.length() != now.length()) {
            throw new FathomException(label + " cannot be pointed from " + old + " to " + now
                + ": names of unequal length.");
        }
        ElfFile copy = new ElfFile(label, bytes.array());
        int renamed = copy.rename(old, now);
        int hashes = copy.rehash(old, now);
        if (renamed == 0 || hashes == 0) {
            throw new FathomException(label + " cannot be pointed from " + old + " to " + now + ": it holds the name "
                + renamed
                + " times and " + hashes + " versions of it, expected at least one of both.");
        }
        return copy.bytes.array();
    }

    private int rename(String old, String now) {
        Section strings = section(".dynstr");
        int renamed = 0;
        for (int at = strings.offset; at < strings.offset + strings.size;) {
            String name = text(at);
            if (name.equals(old)) {
                bytes.put(at, now.getBytes(StandardCharsets.US_ASCII));
                renamed++;
            }
            at += name.length() + 1;
        }
        return renamed;
    }

    /**
     * Entries of .gnu.version_r: {version, count, file, first auxiliary, next}, auxiliaries {hash, flags, index, name,
     * next}.
     */
    private int rehash(String old, String now) {
        int hashes = 0;
        for (Section needs : sections) {
            if (needs.type != VERSION_NEEDS) {
                continue;
            }
            int strings = sections.get(needs.link).offset;
            int entry = needs.offset;
            for (int i = 0; i < needs.info; i++) {
                int auxiliary = entry + bytes.getInt(entry + 8);
                for (int j = 0; j < bytes.getShort(entry + 2); j++) {
                    if (bytes.getInt(auxiliary) == hash(old) && text(strings + bytes.getInt(auxiliary + 8))
                        .equals(now)) {
                        bytes.putInt(auxiliary, hash(now));
                        hashes++;
                    }
                    auxiliary += bytes.getInt(auxiliary + 12);
                }
                entry += bytes.getInt(entry + 12);
            }
        }
        return hashes;
    }

    /** The hash of the System V ABI, figure 5-13. */
    static int hash(String name) {
        long h = 0;
        for (byte c : name.getBytes(StandardCharsets.US_ASCII)) {
            h = (h << 4) + c;
            long high = h & 0xf0000000L;
            h = (h ^ (high >> 24)) & ~high & 0xffffffffL;
        }
        return (int) h;
    }

    private Section section(String name) {
        return sections.stream().filter(s -> s.name.equals(name)).findFirst()
            .orElseThrow(() -> new FathomException(label + " has no section " + name + "."));
    }

    private String text(int at) {
        int end = at;
        while (bytes.get(end) != 0) {
            end++;
        }
        return new String(bytes.array(), at, end - at, StandardCharsets.ISO_8859_1);
    }
}
