// Command verifier judges, with Go's own sumdb packages and nothing of Auditlens, what Auditlens signed and proved.
//
// It reads a case a line on standard input, as JSON, and answers a line each: {"ok":true} or {"ok":false,"why":"…"}.
// Byte strings are base64. The kinds of cases:
//
//	note         vkey, note                                   is the note signed by the key; answers its text
//	sign         skey, text                                   answers the text signed with the private key
//	inclusion    size, root, index, line, proof               is the record at index in the tree
//	consistency  size, root, old_size, old_root, proof        does the tree extend the old one
//	tree         lines, root                                  is that the root over the records
//	tiles        size, root, tiles, index, line, old_size, old_root
//	             do the stored tiles lead to the root, and from them Go's own proofs to the record and the old tree
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type testCase struct {
	Kind    string            `json:"kind"`
	Vkey    string            `json:"vkey"`
	Skey    string            `json:"skey"`
	Note    string            `json:"note"`
	Text    string            `json:"text"`
	Size    int64             `json:"size"`
	Root    []byte            `json:"root"`
	OldSize int64             `json:"old_size"`
	OldRoot []byte            `json:"old_root"`
	Index   int64             `json:"index"`
	Line    string            `json:"line"`
	Lines   []string          `json:"lines"`
	Proof   [][]byte          `json:"proof"`
	Tiles   map[string][]byte `json:"tiles"`
}

type answer struct {
	Ok   bool   `json:"ok"`
	Why  string `json:"why,omitempty"`
	Text string `json:"text,omitempty"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var c testCase
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		text, err := judge(c)
		given := answer{Ok: err == nil, Text: text}
		if err != nil {
			given.Why = err.Error()
		}
		if err := out.Encode(given); err != nil {
			os.Exit(1)
		}
	}
	if in.Err() != nil {
		fmt.Fprintln(os.Stderr, in.Err())
		os.Exit(1)
	}
}

func judge(c testCase) (string, error) {
	switch c.Kind {
	case "note":
		return open(c)
	case "sign":
		return sign(c)
	case "inclusion":
		return "", inclusion(c)
	case "consistency":
		return "", consistency(c)
	case "tree":
		return "", tree(c)
	case "tiles":
		return "", tiles(c)
	}
	return "", errors.New("unknown kind of case")
}

func open(c testCase) (string, error) {
	verifier, err := note.NewVerifier(c.Vkey)
	if err != nil {
		return "", err
	}
	opened, err := note.Open([]byte(c.Note), note.VerifierList(verifier))
	if err != nil {
		return "", err
	}
	return opened.Text, nil
}

func sign(c testCase) (string, error) {
	signer, err := note.NewSigner(c.Skey)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: c.Text}, signer)
	return string(signed), err
}

func inclusion(c testCase) error {
	proof, root, _, err := hashes(c)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, c.Size, root, c.Index, tlog.RecordHash([]byte(c.Line)))
}

func consistency(c testCase) error {
	proof, root, oldRoot, err := hashes(c)
	if err != nil {
		return err
	}
	return tlog.CheckTree(tlog.TreeProof(proof), c.Size, root, c.OldSize, oldRoot)
}

func tree(c testCase) error {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for n, line := range c.Lines {
		more, err := tlog.StoredHashes(int64(n), []byte(line), reader)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(c.Lines)), reader)
	if err != nil {
		return err
	}
	if string(root[:]) != string(c.Root) {
		return errors.New("another root")
	}
	return nil
}

// storedTiles gives tlog the tiles of a case. It keeps nothing: SaveTiles is called with what was verified.
type storedTiles map[string][]byte

func (s storedTiles) Height() int { return 8 }

func (s storedTiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (s storedTiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		hashes, ok := s[fmt.Sprintf("%d/%d", tile.L, tile.N)]
		if !ok || len(hashes) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("no tile %v", tile)
		}
		found = append(found, hashes[:tile.W*tlog.HashSize])
	}
	return found, nil
}

func tiles(c testCase) error {
	_, root, oldRoot, err := hashes(c)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: root}, storedTiles(c.Tiles))
	computed, err := tlog.TreeHash(c.Size, reader)
	if err != nil {
		return err
	}
	if computed != root {
		return errors.New("another root")
	}
	record, err := tlog.ProveRecord(c.Size, c.Index, reader)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(record, c.Size, root, c.Index, tlog.RecordHash([]byte(c.Line))); err != nil {
		return err
	}
	extends, err := tlog.ProveTree(c.Size, c.OldSize, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(extends, c.Size, root, c.OldSize, oldRoot)
}

func hashes(c testCase) (proof tlog.RecordProof, root, oldRoot tlog.Hash, err error) {
	for _, raw := range c.Proof {
		var hash tlog.Hash
		if hash, err = oneHash(raw); err != nil {
			return
		}
		proof = append(proof, hash)
	}
	if root, err = oneHash(c.Root); err != nil {
		return
	}
	if c.OldRoot != nil {
		oldRoot, err = oneHash(c.OldRoot)
	}
	return
}

func oneHash(raw []byte) (hash tlog.Hash, err error) {
	if len(raw) != tlog.HashSize {
		return hash, errors.New("not a hash")
	}
	copy(hash[:], raw)
	return hash, nil
}
