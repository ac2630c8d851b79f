package dev.fathom.nn.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The JSON header of a safetensors file, parsed strictly: nothing unknown, nothing twice, nothing behind the end. */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {

    /** One tensor: bytes {@code begin} to {@code end} of the data. */
    record Entry(String name, DType dtype, Shape shape, long begin, long end) {
    }

    private static final String METADATA = "__metadata__";
    private static final JsonFactory JSON = JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    static SafetensorsHeader parse(byte[] header, Path path) {
        var entries = new ArrayList<Entry>();
        var metadata = new LinkedHashMap<String, String>();
        try (JsonParser json = JSON.createParser(header)) {
            expect(json, json.nextToken(), JsonToken.START_OBJECT, path);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (name.equals(METADATA)) {
                    readMetadata(json, metadata, path);
                } else {
                    entries.add(readEntry(json, name, path));
                }
            }
            expect(json, json.currentToken(), JsonToken.END_OBJECT, path);
            expect(json, json.nextToken(), null, path);
        } catch (IOException e) {
            String first = e.getMessage().lines().findFirst().orElse("");
            throw new CheckpointException(path + " has a header that is not sound JSON (" + first
                    + "); expected a safetensors header: the file is damaged, get it again.", e);
        }
        return new SafetensorsHeader(entries, metadata);
    }

    private static void readMetadata(JsonParser json, Map<String, String> metadata, Path path) throws IOException {
        expect(json, json.nextToken(), JsonToken.START_OBJECT, path);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            expect(json, json.nextToken(), JsonToken.VALUE_STRING, path);
            metadata.put(key, json.getText());
        }
    }

    private static Entry readEntry(JsonParser json, String name, Path path) throws IOException {
        String where = path + ", tensor '" + name + "',";
        DType dtype = null;
        Shape shape = null;
        List<Long> offsets = null;
        expect(json, json.nextToken(), JsonToken.START_OBJECT, path);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            switch (field) {
                case "dtype" -> {
                    expect(json, json.nextToken(), JsonToken.VALUE_STRING, path);
                    dtype = dtype(json.getText(), where);
                }
                case "shape" -> shape = shape(readNumbers(json, path), where);
                case "data_offsets" -> offsets = readNumbers(json, path);
                default -> throw new CheckpointException(where + " has a field '" + field
                        + "'; expected dtype, shape and data_offsets: the file is damaged or of a newer format.");
            }
        }
        if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
            throw new CheckpointException(where + " lacks its dtype, shape or two data_offsets; expected all of them:"
                    + " the file is damaged, get it again.");
        }
        return new Entry(name, dtype, shape, offsets.get(0), offsets.get(1));
    }

    private static List<Long> readNumbers(JsonParser json, Path path) throws IOException {
        var numbers = new ArrayList<Long>();
        expect(json, json.nextToken(), JsonToken.START_ARRAY, path);
        while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
            numbers.add(json.getLongValue());
        }
        expect(json, json.currentToken(), JsonToken.END_ARRAY, path);
        return numbers;
    }

    private static DType dtype(String name, String where) {
        DType dtype = SafetensorsFile.DTYPES.get(name);
        if (dtype == null) {
            throw new CheckpointException(where + " has dtype " + name + "; expected one of "
                    + SafetensorsFile.DTYPES.keySet().stream().sorted().toList()
                    + ": convert it with the tool that wrote it.");
        }
        return dtype;
    }

    private static Shape shape(List<Long> sizes, String where) {
        long numel = 1;
        for (long size : sizes) {
            if (size < 0 || size > Integer.MAX_VALUE || (size > 0 && numel > Long.MAX_VALUE / size)) {
                throw new CheckpointException(where + " has shape " + sizes + "; expected sizes from 0 to 2147483647:"
                        + " the file is damaged, get it again.");
            }
            numel *= size;
        }
        return Shape.of(sizes.stream().mapToInt(Math::toIntExact).toArray());
    }

    private static void expect(JsonParser json, JsonToken found, JsonToken expected, Path path) {
        if (found != expected) {
            throw new CheckpointException(path + " has " + (found == null ? "an end" : found)
                    + " in its header at byte "
                    + json.currentLocation().getByteOffset() + "; expected " + (expected == null ? "the end" : expected)
                    + ": the file is damaged or not safetensors, get it again.");
        }
    }

    /**
     * The header as bytes, padded with spaces so that the data behind the 8 bytes of its length begins at a multiple
     * of 64.
     */
    byte[] toBytes() {
        var out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (Map.Entry<String, String> e : metadata.entrySet()) {
                    json.writeStringField(e.getKey(), e.getValue());
                }
                json.writeEndObject();
            }
            for (Entry e : entries) {
                json.writeObjectFieldStart(e.name());
                json.writeStringField("dtype", nameOf(e.dtype()));
                json.writeFieldName("shape");
                json.writeArray(e.shape().toArray(), 0, e.shape().rank());
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {e.begin(), e.end()}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new CheckpointException("a safetensors header cannot be made (" + e.getMessage()
                    + "); expected names and metadata of sound Unicode: rename the tensors.", e);
        }
        while ((out.size() + Long.BYTES) % 64 != 0) {
            out.write(' ');
        }
        return out.toByteArray();
    }

    private static String nameOf(DType dtype) {
        return SafetensorsFile.DTYPES.entrySet().stream().filter(e -> e.getValue() == dtype).findFirst().orElseThrow()
                .getKey();
    }
}
