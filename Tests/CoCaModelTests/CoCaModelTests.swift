// CoCaModel
