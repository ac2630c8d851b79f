package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointFormat;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The header of a safetensors file is believed in nothing. Round trips are in {@link RoundTripTest}. */
class SafetensorsTest {
    @TempDir
    Path folder;

    private Path file(String header, int dataBytes) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(folder.resolve("x.safetensors"), out.putLong(text.length).put(text).array());
    }

    @Test
    void aFileOfTheReferenceImplementationReads() throws IOException {
        Path path = file("{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[4,8]},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                + "\"none\":{\"dtype\":\"U8\",\"shape\":[0,3],\"data_offsets\":[8,8]}}   ", 8);
        try (var file = CheckpointFile.open(path)) {
            assertEquals(CheckpointFormat.SAFETENSORS, file.format());
            assertEquals(List.of("b", "a", "none"), List.copyOf(file.tensors().keySet()));
            assertEquals(Shape.SCALAR, file.tensors().get("a").shape());
            assertEquals(DType.BF16, file.tensors().get("b").dtype());
            assertEquals(0, file.tensors().get("none").data().byteSize());
            assertEquals(Map.of("format", "pt"), file.metadata());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}                                                        | 7  | has 7 bytes of data
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}                                                        | 9  | has 9 bytes of data
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}                                                        | 9  | expected it to begin at 0
            {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}                                                        | 8  | expected 12 for float32[3]
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}                                                        | 8  | expected it to begin at 0
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}  | 12 | expected it to begin at 8
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}  | 16 | Duplicate field 'a'
            {"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}                                                    | 8  | has dtype F8_E4M3
            {"a":{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}}                                                    | 8  | has shape [-2, -1]
            {"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}                         | 8  | has shape
            {"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}                                                      | 8  | VALUE_NUMBER_FLOAT
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}                                     | 8  | not sound JSON
            {"a":{"dtype":"F32","shape":[2]}}                                                                             | 8  | lacks its dtype
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"extra":1}}                                              | 8  | has a field 'extra'
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} {}                                                     | 8  | expected the end
            {"__metadata__":{"n":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}                                 | 8  | expected VALUE_STRING
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}                                                         | 8  | not sound JSON
            """)
    void badHeadersAreRefused(String header, int dataBytes, String reason) throws IOException {
        Path path = file(header, dataBytes);
        var e = assertThrows(CheckpointException.class, () -> CheckpointFile.open(path));
        assertTrue(e.getMessage().contains("x.safetensors") && e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void anEndlessHeaderIsRefused() throws IOException {
        for (long length : new long[] {-1, 1, 51, 100_000_001, Long.MAX_VALUE}) {
            ByteBuffer bytes = ByteBuffer.allocate(58).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put((byte) '{');
            Path path = Files.write(folder.resolve("x.safetensors"), bytes.array());
            var e = assertThrows(CheckpointException.class, () -> CheckpointFile.open(path));
            assertTrue(e.getMessage().contains("announces a header of"), e.getMessage());
        }
    }

    @Test
    void dataBeginsAlignedWhateverTheOrder() throws IOException {
        Path path = folder.resolve("aligned.safetensors");
        CheckpointWriter.write(path, List.of(
                CheckpointTensor.of("odd", DType.U8, Shape.of(3), MemorySegment.ofArray(new byte[] {1, 2, 3})),
                CheckpointTensor.of("wide", DType.F64, Shape.of(1), MemorySegment.ofArray(new byte[8])),
                CheckpointTensor.of("half", DType.F16, Shape.of(1), MemorySegment.ofArray(new byte[2]))), Map.of());
        try (var file = CheckpointFile.open(path)) {
            assertEquals(List.of("odd", "wide", "half"), List.copyOf(file.tensors().keySet()));
            assertEquals(0, file.tensors().get("wide").data().address() % 64);
            assertEquals(0, file.tensors().get("half").data().address() % 2);
            assertEquals(3, file.tensors().get("odd").data().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 2));
        }
    }
}
