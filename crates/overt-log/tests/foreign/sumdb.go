// golang.org/x/mod/sumdb reads a log on the disk: its checkpoint, its tiles, its entries, with proofs made and checked there.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// directory reads tiles as C2SP tlog-tiles names them: the height, which is always 8, is not in the path.
type directory string

func (d directory) Height() int { return height }

func (d directory) SaveTiles([]tlog.Tile, [][]byte) {}

func (d directory) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		bytes, err := os.ReadFile(d.path(tile))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (d directory) path(tile tlog.Tile) string {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return filepath.Join(string(d), strings.Replace(path, "tile/data/", "tile/entries/", 1))
}

// entry finds an entry in its bundle.
func (d directory) entry(at, size int64) []byte {
	width := size - at/256*256
	if width > 256 {
		width = 256
	}
	bytes, err := os.ReadFile(d.path(tlog.Tile{H: height, L: -1, N: at / 256, W: int(width)}))
	must(err)
	for skip := at % 256; ; skip-- {
		length := int(binary.BigEndian.Uint16(bytes))
		if skip == 0 {
			return bytes[2 : 2+length]
		}
		bytes = bytes[2+length:]
	}
}

// checkpoint opens the note. Its text is not the one of Go's checksum database, but has the same size and root.
func (d directory) checkpoint(vkey string) tlog.Tree {
	bytes, err := os.ReadFile(filepath.Join(string(d), "checkpoint"))
	must(err)
	verifier, err := note.NewVerifier(vkey)
	must(err)
	opened, err := note.Open(bytes, note.VerifierList(verifier))
	must(err)
	var tree tlog.Tree
	lines := strings.Split(opened.Text, "\n")
	_, err = fmt.Sscan(lines[1], &tree.N)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	copy(tree.Hash[:], root)
	return tree
}

func main() {
	var asked struct {
		Directory, Vkey string
		Indexes, Sizes  []int64
	}
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	d := directory(asked.Directory)
	tree := d.checkpoint(asked.Vkey)
	reader := tlog.TileHashReader(tree, d)
	var answer struct {
		Size    int64
		Entries []string
		Roots   []string
	}
	answer.Size = tree.N
	for _, at := range asked.Indexes {
		proof, err := tlog.ProveRecord(tree.N, at, reader)
		must(err)
		entry := d.entry(at, tree.N)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, at, tlog.RecordHash(entry)))
		answer.Entries = append(answer.Entries, string(entry))
	}
	for _, size := range asked.Sizes {
		root, err := tlog.TreeHash(size, reader)
		must(err)
		proof, err := tlog.ProveTree(tree.N, size, reader)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, size, root))
		answer.Roots = append(answer.Roots, root.String())
	}
	must(json.NewEncoder(os.Stdout).Encode(answer))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
