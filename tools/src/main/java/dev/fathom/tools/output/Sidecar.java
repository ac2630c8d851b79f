package dev.fathom.tools.output;

import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.tools.cli.Version;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code .json} beside a file that has no place for text of its own. */
public final class Sidecar {
    private Sidecar() {
    }

    /** The sidecar's file: the name with its extension replaced, {@code photo.npy} to {@code photo.json}. */
    public static Path of(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return file.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".json");
    }

    static void write(Path file, DepthMap map, Provenance provenance) {
        Map<String, Object> fields = new LinkedHashMap<>(provenance.fields(map.head()));
        fields.put("shape", List.of(map.height(), map.width()));
        fields.put("dtype", "float32");
        fields.put("software", Version.line());
        JsonFile.write(of(file), fields);
    }
}
