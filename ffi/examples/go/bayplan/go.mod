module github.com/bayplan/bayplan/ffi/examples/go/bayplan

go 1.24
